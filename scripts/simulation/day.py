"""One day of one account: who came, who waited, who answered. Draws the stories."""

from __future__ import annotations

from math import exp, log, sqrt
from random import Random

from .centre import AVAILABLE, DAY_MS, OFFLINE, Account, Customer, mix
from .desk import Desk
from .story import Conversation, Offer, Task, Transfer, Visit, to_json
from .truth_knowledge import can_be_told
from .people import chat_root, internal_root, outbound_root, some_overrides, voice_root

SECOND, MINUTE = 1000, 60_000
NEVER = 1 << 62
DISPOSITIONS = ("Resolved", "Follow-up needed", "Sold", "Wrong number", "Escalated", "Žádost přijata")
END_REASONS = ("conference-ended", "All reservations were completed", "Task completed", "hangup")
LOSABLE = ("reservation.accepted", "reservation.created", "reservation.wrapup",
           "reservation.completed", "task.created", "task-queue.entered", "task.completed")
# weight, story
STORIES = (
    (60, "inbound"), (8, "dialpad"), (2, "preview"), (2, "internal"), (1.5, "callback"),
    (5, "ivr"), (1, "requeued"), (0.7, "case"), (6, "web"), (6, "sms"), (3, "whatsapp"), (4, "email"), (1, "plain_chat"), (1.5, "outbound_sms"),
)


class Day:
    """Draws all that happens in one account on one day."""

    def __init__(self, account: Account, number: int, seed: int, tasks: int, until: int,
                 emitter, truth, odd: float, missing: frozenset[str], last: bool) -> None:
        self.account, self.number, self.tasks, self.until = account, number, tasks, until
        self.rng = Random(f"{seed}/{account.number}/{number}")
        self.emitter, self.truth, self.missing, self.last = emitter, truth, missing, last
        self.odd, self.odd_rng = odd, Random(f"odd/{seed}/{account.number}/{number}")
        self.r, self.bits = self.rng.random, self.rng.getrandbits
        self.start = account.start + number * DAY_MS
        self.heard: dict[str, int] = {}  # worker SID to the time of the last event
        self.known_dates: dict[str, dict[str, int]] = {}
        self.desks = [Desk(worker, number, self._worker_event, until, odd)
                      for worker in account.workers if worker.exists_on(number)]
        self.serving = self._serving()
        self.on_shift: dict[str, list[Desk]] = {}
        self.shift_check = 0

    # ------------------------------------------------------------ the day

    def play(self, flush) -> None:
        """Play the day; ``flush(now)`` is called now and then with a time that has passed."""
        if self.number == 0:
            self._furniture()
        for desk in self.desks:
            self._side_events(desk)
        for count, at in enumerate(self._arrivals()):
            if at >= self.shift_check:
                self._refresh(at)
            conversation = self._story(at)
            for task in conversation.tasks:
                if self.odd:
                    self._lose(task)
                self.emitter.task(task)
                if self.missing:
                    self._hear_offers(task)
            self.truth.conversation(conversation, self.until)
            if count % 64 == 0:
                flush(at)
        for desk in self.desks:
            desk.close()
        if self.last:
            self._open_stays()
        self._state_agents()

    def _state_agents(self) -> None:
        """State who has been heard of on this day, and when last."""
        for worker in self.account.workers:
            if worker.sid in self.heard:
                dates = self.known_dates.get(worker.sid, {})
                self.truth.seen(worker, self.heard[worker.sid], dates.get("worker.created"),
                                dates.get("worker.deleted"))

    def _lose(self, task: Task) -> None:
        """Now and then all events of one type get lost on the way."""
        roll = self.odd_rng.random()
        if roll < self.odd / 2:
            lost = frozenset({LOSABLE[int(roll / self.odd * 2 * len(LOSABLE))]})
            if can_be_told(task, lost):
                task.lost = lost

    def _arrivals(self) -> list[int]:
        """Return arrival times: a morning and an afternoon hump between 7 and 20 o'clock."""
        r, start, times = self.r, self.start, []
        for _ in range(self.tasks):
            peak = (10.6, 1.7) if r() < 0.5 else (14.9, 2.1)
            hour = peak[0] + peak[1] * (r() + r() + r() + r() - 2) * 1.732
            times.append(start + int(min(max(hour, 7 + r()), 20 - r()) * 3_600_000))
        return [at for at in sorted(times) if at <= self.until]

    def _serving(self) -> dict[str, list[Desk]]:
        """Return for each queue the desks that serve it."""
        serving = {}
        for name, queue in self.account.queues.items():
            able = [d for d in self.desks if d.worker.skill == queue.skill and d.shift]
            chosen = [d for d in able if mix(d.worker.index, len(name), 77) % 3]
            serving[name] = chosen if name != "Everyone" and chosen else able
        return serving

    def _refresh(self, at: int) -> None:
        soon = at + 5 * MINUTE
        self.shift_check = soon
        self.on_shift = {
            name: [d for d in desks if d.shift[0] <= soon and d.last_offer > at]
            for name, desks in self.serving.items()}

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

    # ------------------------------------------------------------ workers

    def _worker_event(self, desk, kind, at, activity, previous, since, lost) -> None:
        """Send a worker event and state the stay that it ends."""
        extra = {}
        if kind == "worker.activity.update":
            extra = {"worker_previous_activity_name": previous,
                     "worker_previous_activity_sid": self.account.activities[previous],
                     "worker_time_in_previous_activity": (at - since) // 1000,
                     "worker_time_in_previous_activity_ms": at - since}
        if not lost:
            self._send_worker(kind, desk, at, activity, extra)
        told = kind not in self.missing and "worker.activity.update" not in self.missing
        if since is not None and at <= self.until and told:
            self.truth.stay(desk.worker, previous, since, at)

    def _send_worker(self, kind: str, desk: Desk, at: int, activity: str, extra: dict) -> None:
        self.emitter.worker(kind, desk, at, activity, extra)
        if kind not in self.missing:
            self._hear(desk.worker, at)
            if kind in ("worker.created", "worker.deleted") and at <= self.until:
                self.known_dates.setdefault(desk.worker.sid, {})[kind] = at

    def _hear_offers(self, task: Task) -> None:
        """An agent without worker events is heard of through reservations."""
        for offer in task.offers():
            times = {"created": offer.offered, "accepted": offer.accepted, "wrapup": offer.wrapup,
                     offer.end: offer.ended, offer.outcome: offer.refused or offer.accepted}
            for kind, at in times.items():
                if at is not None and f"reservation.{kind}" not in self.missing:
                    self._hear(offer.worker, at)

    def _hear(self, worker, at: int) -> None:
        if at <= self.until:
            self.heard[worker.sid] = max(at, self.heard.get(worker.sid, 0))

    def _furniture(self) -> None:
        """Before the first shift somebody sets up a queue, a workflow, an activity, a channel."""
        account, at, send = self.account, self.start + 5 * 60 * MINUTE, self.emitter.resource
        queue = account.queues["E-mail"]
        fields = {"task_queue_sid": queue.sid, "task_queue_name": queue.name,
                  "task_queue_target_expression": queue.expression}
        send("task-queue.created", "taskqueue", queue.sid, at, fields)
        send("task-queue.expression.updated", "taskqueue", queue.sid, at + 61_234, fields)
        name = "Digital Channels"
        send("workflow.updated", "workflow", account.workflows[name], at + 70_001,
             {"workflow_sid": account.workflows[name], "workflow_name": name})
        activity = account.activities["Training"]
        send("activity.created", "activity", activity, at + 90_500,
             {"activity_sid": activity, "activity_name": "Training", "activity_available": False})
        channel = account.channels["email"]
        send("task-channel.created", "taskchannel", channel, at + 95_000,
             {"task_channel_sid": channel, "task_channel_unique_name": "email"})

    def _side_events(self, desk: Desk) -> None:
        """Events about a worker that change no activity: attributes, capacity, availability."""
        worker = desk.worker
        if desk.shift is None:
            return
        moved = worker.moved_at
        if moved is not None and self.start <= moved < self.start + DAY_MS:
            self._send_worker("worker.attributes.update", desk, moved, AVAILABLE, {})
        if worker.index % 7 == 3:
            channel = "chat" if worker.skill == "digital" else "voice"
            extra = {"task_channel_sid": self.account.channels[channel],
                     "task_channel_unique_name": channel, "worker_channel_available": True,
                     "worker_channel_available_capacity": 100, "worker_channel_capacity": 3,
                     "worker_channel_previous_capacity": 1, "worker_channel_task_count": 0}
            kind = ("worker.capacity.update", "worker.channel.availability.update")[worker.index % 2]
            self._send_worker(kind, desk, desk.shift[0] - 20 * SECOND, OFFLINE, extra)

    def _open_stays(self) -> None:
        """State, on the last day, in which activity everybody is found."""
        if "worker.activity.update" in self.missing:
            hired = [w for w in self.account.workers if w.joins_on is not None]
            for worker in hired:
                if self._was_seen(worker) and "worker.created" not in self.missing:
                    self.truth.stay(worker, OFFLINE, worker.created_at(), None)
            return
        for desk in self.desks:
            gone = "worker.deleted" in self.known_dates.get(desk.worker.sid, {})
            known = [change for change in desk.changes if change[0] <= self.until]
            if known and not gone and self._was_seen(desk.worker):
                self.truth.stay(desk.worker, known[-1][1], known[-1][0], None)
        if "worker.deleted" in self.missing:
            for worker in self.account.workers:
                if worker.leaves_on is not None and worker.leaves_on < self.number:
                    self.truth.stay(worker, OFFLINE, worker.shift(worker.leaves_on)[1], None)

    def _was_seen(self, worker) -> bool:
        if worker.joins_on is not None and "worker.created" not in self.missing:
            return worker.created_at() <= self.until
        shifts = (worker.shift(day) for day in range(self.number, -1, -1))
        return any(shift and shift[0] <= self.until for shift in shifts)

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
        """Multiple reservations: the slower agents' are rescinded."""
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
        """The customer is gone while waiting: the task is canceled, or (seldom) just deleted."""
        end = "deleted" if self.r() < 0.01 else "canceled"
        task.visits[-1].ended, task.visits[-1].end = at, end
        task.ended, task.end, task.reason = at, end, None if end == "deleted" else reason

    def _finish(self, task: Task, offer: Offer, talked_until: int, wrap: int) -> None:
        """The last agent hangs up, wraps up, and the task ends."""
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
        """A call's conference gets into the attributes just after the accept."""
        task.update(
            offer.accepted + 300 + int(self.r() * 900),
            more=f'"conference":{{"sid":"{self._sid("CF")}","participants":{{"worker":'
                 f'"{self._sid("CA")}","customer":"{task.call_sid or self._sid("CA")}"}}}}')

    def _note(self, task: Task, offer: Offer) -> None:
        """What the agent notes while wrapping up."""
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
        """What is written into the attributes of a call or chat that is over."""
        if task.channel == "voice":
            self._connect(task, offer)
        self._note(task, offer)

    def _late_update(self, task: Task) -> None:
        """What follows the end: a recording's link, an empty update, the sweep of old tasks."""
        r = self.r()
        if task.ended and r > 0.92:
            task.deleted = task.ended + 300_000 + int(r * 1000)
        if task.ended is None or r > 0.4:
            return
        # links count up to two minutes after the end, so let some come later
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

    # ------------------------------------------------------------ stories

    def _story(self, at: int) -> Conversation:
        roll = self.r() * TOTAL
        for weight, name in STORIES:
            roll -= weight
            if roll < 0:
                break
        return getattr(self, f"_{name}")(at)

    def _task(self, channel: str, workflow: str, at: int, queue: str, root: dict,
              conversations: dict | None = None, customers: dict | None = None) -> Task:
        r = self.r
        task = Task(self.account, self._sid("WT"), channel, workflow, at, root, conversations,
                    customers)
        entered = at
        if r() < 0.5:  # the four first events share a second, half of the time even a millisecond
            task.created = at + int(r() * 5)
            task.matched = at + int(r() * 5)
            entered = at + int(r() * 5)
            task.stages[0].at = at
        task.visits.append(Visit(self.account.queues[queue], entered))
        return task

    def _talk(self, task: Task, offer: Offer, median: float, wrap: float) -> None:
        """Two people talk; afterwards the task ends or goes on to another agent."""
        until = offer.accepted + self._length(median)
        if task.channel == "voice" and self.r() < 0.11:
            if self._transfer(task, offer, until, wrap):
                return
        self._finish(task, offer, until, self._length(wrap, 0.8))
        self._after(task, offer)

    def _inbound(self, at: int) -> Conversation:
        customer, r = self._customer(), self.r
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        conversations, customers = None, customer.crm
        if r() < 0.04:
            conversations = some_overrides(self)
            if customers is None and r() < 0.3:
                customers = {"email": customer.email, "name": customer.name}
        return self._call(at, root, conversations, customers)

    def _requeued(self, at: int) -> Conversation:
        """A call that is taken out of its queue and comes back as a second task."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        first = self._task("voice", "Inbound Voice", at, "Support", root, None, customer.crm)
        leave = first.visits[0].started + 8000 + int(r() * 40_000)
        self._give_up(first, leave, "redirected")
        second = self._call(leave + 900 + int(r() * 20_000), root, None, customer.crm)
        return Conversation(self.account, first.sid, [first, *second.tasks])

    def _case(self, at: int) -> Conversation:
        """Two calls, some time apart, under an id that the implementer gave them."""
        r, customer, tasks = self.r, self._customer(), []
        given = {"conversation_id": f"case-{self.bits(40):010x}", "case": "Same matter"}
        for _ in range(2):
            root = voice_root(self, customer)
            root["call_sid"] = self._sid("CA")
            tasks += self._call(at, root, given, customer.crm).tasks
            at = max(at, tasks[-1].ended or at) + 60_000 + int(r() * 1_800_000)
        return Conversation(self.account, given["conversation_id"], tasks)

    def _call(self, at: int, root: dict, conversations, customers) -> Conversation:
        """An inbound call from queue to end."""
        r = self.r
        queue = self._pick(("Sales", "Support", "Support", "Billing", "Atención al cliente"))
        task = self._task("voice", "Inbound Voice", at, queue, root, conversations, customers)
        visit = task.visits[0]
        patience = 1500 + int(-log(1 - r()) * 540_000)
        if r() < 0.02:
            patience = 300 + int(r() * 4000)  # a short abandon
        overflow = None
        if r() < 0.35:
            overflow = (visit.started + 45_000 + int(r() * 200),
                        self.account.queues[self._pick(("Everyone", "Support Tier 2"))])
        offer = self._wait(task, visit, visit.started + patience, overflow)
        if offer is None:
            self._give_up(task, visit.started + patience)
        else:
            self._talk(task, offer, 210, 24)
        self._late_update(task)
        return Conversation(self.account, task.sid, [task])

    # ------------------------------------------------------------ transfers

    def _transfer(self, task: Task, by: Offer, at: int, wrap: float, depth: int = 1) -> bool:
        """Agent ``by`` hands the caller on at ``at``. Return whether the story is over with it."""
        r = self.r
        mode = "COLD" if r() < 0.5 else "WARM"
        to_queue = r() < 0.5
        queue = self.account.queues[self._pick(("Support Tier 2", "Billing", "Sales", "Everyone"))]
        desk, ready = self._find(queue, at)
        if desk is None or (not to_queue and ready > at):
            return False
        target = queue.sid if to_queue else desk.worker.sid
        transfer = Transfer(self._sid("TT"), "QUEUE" if to_queue else "WORKER", mode, target, by, at)
        by.transfer = transfer
        self._connect(task, by)
        if r() < 0.4:
            task.update(at - 500, {"outcome": self._pick(("Escalated", "Transferred")),
                                   "conversation_attribute_2": self._pick(("Línea 1", "Line 2"))})
        visit = Visit(queue if to_queue else task.visits[-1].queue, at, transfer)
        visit.entered = at + int(r() * 30) if to_queue else task.visits[-1].entered
        task.visits.append(visit)
        if mode == "COLD":
            by.wrapup = at + int(r() * 200)
            by.ended = by.wrapup + self._length(wrap)
            by.desk.release(by.slot, by.ended + 1500)
        give_up = at + 3000 + int(-log(1 - r()) * (60_000 if r() < 0.85 else 4000))
        if to_queue:
            offer = self._wait(task, visit, give_up, since=visit.entered + 5)
        else:
            offer = self._ring_agent(visit, transfer, desk, at, give_up)
        if offer is None:
            self._refused(task, visit, give_up, wrap)
        else:
            self._handed_over(task, transfer, offer, wrap, depth)
        return True

    def _ring_agent(self, visit: Visit, transfer: Transfer, desk: Desk, at: int, give_up: int):
        """Offer a transfer to one agent, twice at most. Return the accepted offer or None.

        On None, ``visit.ended`` tells when the last attempt failed, or is None where the
        customer (or the agent who transfers) gave up first.
        """
        r = self.r
        now = at + 200 + int(r() * 500)
        for attempt in (1, 2):
            ready = desk.ready(now)
            if ready is None or now + 600 >= give_up:
                break
            now = max(now, ready)
            if now + 600 >= give_up:
                break
            offer = self._offer(visit, desk, now)
            over = now + 800 + int(r() * 9000)
            fate = r()
            if fate < 0.7:
                if over >= give_up:
                    self._refuse(offer, "canceled", give_up)
                    return None
                return self._accept(visit, offer, over)
            outcome = "timeout" if fate < 0.85 else "rejected"
            over = now + 20_000 if outcome == "timeout" else over
            if over >= give_up:
                self._refuse(offer, "canceled", give_up)
                return None
            self._refuse(offer, outcome, over, 20_000)
            if attempt == 2 or r() < 0.5:
                visit.ended = over + 1 + int(r() * 60)
                return None
            transfer.attempts.append(over + int(r() * 3))
            now = over + 1000
        return None

    def _refused(self, task: Task, visit: Visit, at: int, wrap: float) -> None:
        """Nobody took the transfer: the offers failed, or somebody's patience ended at ``at``."""
        r, transfer = self.r, visit.transfer
        by, failed = transfer.by, visit.ended is not None
        if transfer.mode == "COLD":
            if failed:
                visit.end = "failed"
                transfer.ended, transfer.status = visit.ended, "failed"
                task.ended = visit.ended + 40 + int(r() * 300)
                task.end, task.reason = "canceled", "Transfer failed"
            else:
                self._give_up(task, at)
            return
        if failed or r() < 0.6:  # the first agent has the caller back
            visit.ended = visit.ended or at
            visit.end, status = ("failed", "failed") if failed else ("taken back", "canceled")
            transfer.ended, transfer.status = visit.ended, status
            self._finish(task, by, visit.ended + self._length(60), self._length(wrap))
        else:  # the caller hung up while the agents were trying
            visit.ended, visit.end = at + 3, "failed"
            transfer.ended, transfer.status, transfer.failed_reason = at + 3, "failed", "hangup"
            by.wrapup = at
            by.ended = at + self._length(wrap)
            task.wrapup = at + 4
            task.ended = max(o.ended or 0 for o in task.offers()) + 2
            task.end, task.reason = "completed", "hangup"
            by.desk.release(by.slot, by.ended + 1500)
        self._note(task, by)

    def _handed_over(self, task: Task, transfer: Transfer, offer: Offer, wrap: float,
                     depth: int) -> None:
        """The second agent has accepted."""
        r, by = self.r, transfer.by
        transfer.ended, transfer.status = offer.accepted + int(r() * 40), "completed"
        if transfer.mode == "WARM":
            by.wrapup = offer.accepted + 2000 + int(r() * 40_000)
            by.ended = by.wrapup + self._length(wrap)
            by.desk.release(by.slot, by.ended + 1500)
        until = max(offer.accepted + self._length(150), by.wrapup + 1000)
        if depth < 3 and r() < 0.25 and self._transfer(task, offer, until, wrap, depth + 1):
            return
        self._finish(task, offer, until, self._length(wrap))
        self._after(task, offer)

    # ------------------------------------------------------------ other calls

    def _agent_now(self, queue: str, at: int) -> tuple[Desk | None, int]:
        desk, ready = self._find(self.account.queues[queue], at)
        return (desk, ready) if desk and ready < at + 10 * MINUTE else (None, at)

    def _placed(self, at: int, root, conversations, customers, desk: Desk, median: float,
                channel: str = "voice"):
        """A call (or message) that an agent places: a task for that agent alone."""
        r = self.r
        queue = "Everyone" if channel == "voice" else "Messaging"
        task = self._task(channel, "Assign to Anyone", at, queue, root, conversations, customers)
        task.target = desk.worker.sid
        visit = task.visits[0]
        offer = self._offer(visit, desk, at + 5 + int(r() * 150))
        self._accept(visit, offer, offer.offered + 300 + int(r() * 2500))
        self._finish(task, offer, offer.accepted + self._length(median, 0.9), self._length(20))
        self._after(task, offer)
        self._late_update(task)
        return Conversation(self.account, task.sid, [task])

    def _dialpad(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        root = outbound_root(self, self._customer())
        if self.r() < 0.2:
            del root["direction"]
        return self._placed(at, root, None, None, desk, 120)

    def _preview(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        customer = self._customer()
        root = outbound_root(self, customer)
        return self._placed(at, root, {"initiated_by": "Dialer", "campaign": "Renewals",
                                       "case": f"R-{customer.index}"}, customer.crm, desk, 150)

    def _internal(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        callers = [d.worker for d in self.on_shift["Everyone"] if d is not desk]
        if not callers:
            return self._inbound(at)
        return self._placed(at, internal_root(self._pick(callers), desk.worker), None, None,
                            desk, 60)

    def _callback(self, at: int) -> Conversation:
        """The caller asks to be called back; a second task does it, under the first one's id."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        first = self._task("voice", "Inbound Voice", at, "Support", root, None, customer.crm)
        leave = first.visits[0].started + 20_000 + int(r() * 60_000)
        first.update(leave - 700, {"abandoned": "Follow-Up", "abandoned_phase": "Callback Request"})
        self._give_up(first, leave, "Callback requested")
        conversation = Conversation(self.account, first.sid, [first])
        desk, later = self._agent_now("Everyone", leave + 60_000 + int(r() * 1_200_000))
        if desk is None:
            return conversation
        second = self._placed(later, outbound_root(self, customer),
                              {"conversation_id": first.sid, "source": "Callback"}, customer.crm,
                              desk, 150).tasks[0]
        conversation.tasks.append(second)
        return conversation

    def _ivr(self, at: int) -> Conversation:
        """A virtual task tells of the time in the menu; its call then waits for an agent."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        call = root["call_sid"] = self._sid("CA")
        task = self._task("voice", "IVR Reporting", at, "IVR", {"from": root["from"]},
                          {"conversation_id": call, "virtual": "Yes", "abandoned": "Yes",
                           "abandoned_phase": "IVR", "communication_channel": "IVR",
                           "IVR_time_start": at})
        leave = at + 6000 + int(r() * 70_000)
        visit = task.visits[0]
        visit.ended = task.ended = leave
        visit.end = task.end = "completed"
        task.reason = "IVR task"
        conversation = Conversation(self.account, call, [task])
        if r() < 0.75:
            task.update(leave - 300, {"abandoned": "No", "abandoned_phase": None, "queue_time": 0,
                                      "ivr_time": (leave - at) // 1000,
                                      "ivr_path": self._pick(("1 > 3", "2", "1 > 1 > 9"))})
            agent = self._call(leave + 800, root, None, customer.crm)
            conversation.tasks += agent.tasks
        return conversation

    # ------------------------------------------------------------ messages

    def _web(self, at: int) -> Conversation:
        return self._message(at, "web", "chat", "Chat")

    def _sms(self, at: int) -> Conversation:
        return self._message(at, "sms", "sms", "Messaging")

    def _whatsapp(self, at: int) -> Conversation:
        return self._message(at, "whatsapp", "chat", "Messaging")

    def _email(self, at: int) -> Conversation:
        return self._message(at, "email", "email", "E-mail")

    def _message(self, at: int, kind: str, channel: str, queue: str) -> Conversation:
        """A chat through Flex Conversations, now and then handed to another agent."""
        r, customer = self.r, self._customer()
        interaction = self._sid("KD")
        root, conversations, customers = chat_root(self, customer, kind, interaction)
        task = self._task(channel, "Digital Channels", at, queue, root, conversations, customers)
        conversation = Conversation(self.account, interaction, [task])
        last = self._chat(task)
        while last and task.end == "completed" and r() < 0.13:
            handed = (last.wrapup or last.ended) + 10 + int(r() * 400)
            root = dict(root, transfer_sid=self._sid("TT"), previous_task_sid=task.sid,
                        flexChannelInviteSid=self._sid("KG"))
            if r() < 0.8:
                root["transferTargetType"] = "queue" if r() < 0.5 else "worker"
            before = task
            task = self._task(channel, "Digital Channels", handed, queue, root, conversations,
                              customers)
            task.previous = before
            last = self._chat(task)
            conversation.tasks.append(task)
        return conversation

    def _chat(self, task: Task) -> Offer | None:
        r, visit = self.r, task.visits[0]
        patience = 20_000 + int(-log(1 - r()) * (400_000 if task.channel != "email" else NEVER >> 40))
        offer = self._wait(task, visit, visit.started + patience)
        if offer is None:
            self._give_up(task, visit.started + patience, self._pick(("Customer left", "hangup")))
            return None
        self._finish(task, offer, offer.accepted + self._length(420, 0.8), self._length(15))
        self._after(task, offer)
        self._late_update(task)
        return offer

    def _plain_chat(self, at: int) -> Conversation:
        """Messages without an interaction, on a channel of one's own."""
        root = {"from": self._customer().name, "channelType": "web", "initiatedBy": "customer"}
        task = self._task("default", "Digital Channels", at, "Chat", root)
        self._chat(task)
        return Conversation(self.account, task.sid, [task])

    def _outbound_sms(self, at: int) -> Conversation:
        desk, at = self._agent_now("Messaging", at)
        if desk is None:
            return self._sms(at)
        customer = self._customer()
        root = {"customerAddress": customer.phone, "customerName": customer.name,
                "conversationSid": self._sid("CH"), "channelType": "sms",
                "flexChannelInviteSid": self._sid("KG"),
                "flexInteractionChannelSid": self._sid("UO"),
                "initiatedBy": "agent", "direction": "outbound"}
        conversations = {"initiated_by": "Agent", "communication_channel": "Sms",
                         "media": [{"conversation_sid": root["conversationSid"]}],
                         "direction": "Outbound"}
        return self._placed(at, root, conversations, None, desk, 400, "sms")


TOTAL = sum(weight for weight, _ in STORIES)
