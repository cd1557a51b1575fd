"""Waiting, ringing, accepting, ending: the life of a task between customer and agents."""

from __future__ import annotations

from math import exp, sqrt

from workshop.simulator.centre import DAY_MS, Account, Customer
from workshop.simulator.desk import Desk
from workshop.simulator.story import Offer, Task, Visit, to_json

SECOND, MINUTE = 1000, 60_000
NEVER = 1 << 62
DISPOSITIONS = ("Resolved", "Follow-up needed", "Sold", "Wrong number", "Escalated",
                "Žádost přijata")
END_REASONS = ("conference-ended", "All reservations were completed", "Task completed", "hangup")


class Offering:
    """The part of a day that brings tasks and agents together. All times are epoch ms."""

    account: Account
    on_shift: dict[str, list[Desk]]  # by queue, close to the time of the current story

    def _pick(self, items):
        return items[int(self.r() * len(items))]

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{self.bits(128):032x}"

    def _length(self, median: float, spread: float = 0.6) -> int:
        """Return a duration in ms: roughly log-normal around ``median`` seconds."""
        r = self.r
        return int(median * 1000 * exp(spread * 1.2 * (r() + r() + r() - 1.5) * 2))

    def _customer(self) -> Customer:
        r = self.r()
        return Customer(self.account, int(self.account.customers * r * sqrt(r)))

    def _task(self, channel: str, workflow: str, at: int, queue: str, root: dict,
              conversations: dict | None = None, customers: dict | None = None) -> Task:
        r = self.r
        task = Task(self.account, self._sid("WT"), channel, workflow, at, root, conversations,
                    customers)
        entered = at
        if r() < 0.5:  # the first four events share a second, and half of the time a millisecond
            task.created = at + int(r() * 5)
            task.matched = at + int(r() * 5)
            entered = at + int(r() * 5)
            task.stages[0].at = at
        task.visits.append(Visit(self.account.queues[queue], entered))
        return task

    # ------------------------------------------------------------ waiting and offering

    def _find(self, queue, now: int) -> tuple[Desk | None, int]:
        """Return an agent of the queue and when the task can be offered to them."""
        desks, r = self.on_shift.get(queue.name), self.r
        best, best_at = None, NEVER
        if not desks:
            return best, best_at
        for _ in range(8):
            desk = desks[int(r() * len(desks))]
            if max(desk.slots) > now + DAY_MS // 2:  # in this very conversation
                continue
            at = desk.ready(now)
            if at is not None and at < best_at:
                best, best_at = desk, at
                if at <= now:
                    break
        return best, best_at

    def _offer(self, visit: Visit, desk: Desk, at: int) -> Offer:
        offer = Offer(self._sid("WR"), desk, at, desk.take(at))
        visit.offers.append(offer)
        return offer

    def _refuse(self, offer: Offer, outcome: str, at: int, pause: int = 0) -> None:
        offer.outcome, offer.refused = outcome, at
        if outcome == "timeout":
            offer.desk.miss(offer.slot, at, pause)
        else:
            offer.desk.release(offer.slot, at + 500)

    def _accept(self, visit: Visit, offer: Offer, at: int) -> Offer:
        offer.outcome, offer.accepted = "accepted", at
        visit.ended, visit.end, visit.answered = at, "answered", offer
        return offer

    def _wait(self, task: Task, visit: Visit, give_up: int, overflow: tuple | None = None,
              since: int | None = None):
        """Let the customer wait until an agent accepts or ``give_up`` comes.

        ``overflow`` is (time, queue) at which the wait moves on. Returns the accepted offer, or
        None when the customer gave up; the last visit is then left open for the caller to end.
        """
        r, now = self.r, since or visit.started
        while True:
            desk, ready = self._find(visit.queue, now)
            at = ready + 120 + int(r() * 900)
            if overflow and at > max(overflow[0], now) < give_up:
                visit = self._move_on(task, visit, max(overflow[0], now), overflow[1])
                now, overflow = visit.started, None
                continue
            if desk is None or at >= give_up:
                return None
            offer = self._offer(visit, desk, at)
            fate = r()
            if fate < 0.05:
                outcome, over = "timeout", at + 20 * SECOND + int(r() * 300)
            elif fate < 0.08:
                outcome, over = "rejected", at + 900 + int(r() * 7000)
                offer.reason = "busy" if r() < 0.4 else None
            else:
                outcome, over = "accepted", at + 900 + int(r() * r() * 15_000)
            if over >= give_up:
                self._refuse(offer, "canceled", give_up)
                return None
            if outcome == "accepted":
                if fate > 0.95:
                    self._others_ring_too(visit, at, over)
                return self._accept(visit, offer, over)
            self._refuse(offer, outcome, over, 30_000 + int(r() * 150_000))
            now = over + 40

    def _others_ring_too(self, visit: Visit, at: int, over: int) -> None:
        """Multiple reservations: those of slower agents are rescinded."""
        for _ in range(1 + int(self.r() * 2)):
            desk, ready = self._find(visit.queue, at)
            if desk and ready <= at:
                self._refuse(self._offer(visit, desk, at), "rescinded", over + int(self.r() * 4))

    def _move_on(self, task: Task, visit: Visit, at: int, queue) -> Visit:
        visit.timeout = at - int(self.r() * 20)
        visit.ended, visit.end = at, "left"
        task.visits.append(Visit(queue, at))
        return task.visits[-1]

    # ------------------------------------------------------------ ends

    def _give_up(self, task: Task, at: int, reason: str = "hangup") -> None:
        """The customer leaves while waiting: the task is canceled or, rarely, just deleted."""
        end = "deleted" if self.r() < 0.01 else "canceled"
        task.visits[-1].ended, task.visits[-1].end = at, end
        task.ended, task.end, task.reason = at, end, None if end == "deleted" else reason

    def _finish(self, task: Task, offer: Offer, talked_until: int, wrap: int) -> None:
        """The last agent hangs up and wraps up, and the task ends."""
        r = self.r()
        others = max((o.ended or 0 for o in task.offers()), default=0)
        if r < 0.06 and others <= talked_until:  # completed through the API: no wrap-up events
            offer.ended = task.ended = talked_until
            task.end, task.reason = "completed", self._pick(("resolved", "API", None))
        elif r < 0.07 and others <= talked_until:
            offer.ended, offer.end = talked_until, "canceled"
            task.ended, task.end, task.reason = talked_until, "canceled", "Task canceled by API"
        else:
            offer.wrapup = talked_until
            task.wrapup = talked_until + int(self.r() * 3)
            offer.ended = talked_until + wrap
            task.ended = max(offer.ended, others) + int(self.r() * 4)
            task.end, task.reason = "completed", self._pick(END_REASONS)
        offer.desk.release(offer.slot, offer.ended + 1500)

    def _connect(self, task: Task, offer: Offer) -> None:
        """A call's conference is added to the attributes just after the accept."""
        task.update(
            offer.accepted + 300 + int(self.r() * 900),
            more=f'"conference":{{"sid":"{self._sid("CF")}","participants":{{"worker":'
                 f'"{self._sid("CA")}","customer":"{task.call_sid or self._sid("CA")}"}}}}')

    def _note(self, task: Task, offer: Offer) -> None:
        """What the agent fills in while wrapping up."""
        r, since = self.r, offer.wrapup
        if since is None or r() > 0.45 or offer.ended - since < 3000:
            return
        noted = {"outcome": self._pick(DISPOSITIONS)}
        if r() < 0.3:
            noted |= {"conversation_attribute_1": self._pick(("Tarif A", "Tarif B", "料金")),
                      "conversation_label_1": "Product", "conversation_measure_1": int(r() * 10)}
        if r() < 0.25 and task.channel == "voice":
            noted["hold_time"] = self._pick((12, "37", 95.5))
        if r() < 0.1:
            noted |= {"case": f"#{self.bits(20)}", "campaign": "Spring", "language": "en",
                      "priority": 2, "hang_up_by": self._pick(("Agent", "Customer"))}
        task.update((since + offer.ended) // 2, noted)

    def _after(self, task: Task, offer: Offer) -> None:
        """Attributes that are set when a call or chat is over."""
        if task.channel == "voice":
            self._connect(task, offer)
        self._note(task, offer)

    def _late_update(self, task: Task) -> None:
        """What follows the end: a recording link, an empty update, the deletion of old tasks."""
        r = self.r()
        if task.ended and r > 0.92:
            task.deleted = task.ended + 300_000 + int(r * 1000)
        if task.ended is None or r > 0.4:
            return
        # links count up to two minutes after the end, so some come later
        at = task.ended + int(self.r() * (4000 if r > 0.05 else 240_000))
        if r < 0.1 and task.channel == "voice":
            task.update(at, {"segment_link": f"https://example.com/recordings/{task.sid}",
                             "media": [{"type": "VoiceRecording", "url": "https://example.com/r"}]})
        elif r < 0.15 and task.channel == "voice":
            offer = next(task.offers(), None)
            if offer:
                media = [{"type": "VoiceRecording", "sid": self._sid("RE")}]
                note = to_json({"reservation_attributes": {offer.sid: {"media": media}}})
                offer.recording = (task.update(at, more=note[1:-1]), media)
        else:
            task.updates.append(at)
