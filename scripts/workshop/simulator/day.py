"""One day of one account: draws the stories of who came, who waited, who answered."""

from __future__ import annotations

from random import Random

from workshop.simulator.centre import AVAILABLE, DAY_MS, OFFLINE, Account, mix
from workshop.simulator.desk import Desk
from workshop.simulator.messages import Messages
from workshop.simulator.offering import MINUTE, SECOND
from workshop.simulator.story import Conversation, Task
from workshop.simulator.truth_knowledge import can_be_told

LOSABLE = ("reservation.accepted", "reservation.created", "reservation.wrapup",
           "reservation.completed", "task.created", "task-queue.entered", "task.completed")
# weight, story
STORIES = (
    (60, "inbound"), (8, "dialpad"), (2, "preview"), (2, "internal"), (1.5, "callback"),
    (5, "ivr"), (1, "requeued"), (0.7, "case"), (6, "web"), (6, "sms"), (3, "whatsapp"),
    (4, "email"), (1, "plain_chat"), (1.5, "outbound_sms"),
)


class Day(Messages):
    """Draws everything that happens in one account on one day."""

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
        """State which agents events of this day mention, and when last."""
        for worker in self.account.workers:
            if worker.sid in self.heard:
                dates = self.known_dates.get(worker.sid, {})
                self.truth.seen(worker, self.heard[worker.sid], dates.get("worker.created"),
                                dates.get("worker.deleted"))

    def _lose(self, task: Task) -> None:
        """Now and then all events of one type are lost."""
        roll = self.odd_rng.random()
        if roll < self.odd / 2:
            lost = frozenset({LOSABLE[int(roll / self.odd * 2 * len(LOSABLE))]})
            if can_be_told(task, lost):
                task.lost = lost

    def _arrivals(self) -> list[int]:
        """Return arrival times between 7:00 and 20:00, with a peak in the morning and one in the afternoon."""
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

    def _story(self, at: int) -> Conversation:
        roll = self.r() * TOTAL
        for weight, name in STORIES:
            roll -= weight
            if roll < 0:
                return getattr(self, f"_{name}")(at)
        return self._inbound(at)

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
        """An agent without worker events is known through reservations."""
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
        """Before the first shift, a queue, a workflow, an activity and a channel are set up."""
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
        """Worker events that change no activity: attributes, capacity, availability."""
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
            kind = ("worker.channel.availability.update" if worker.index % 2
                    else "worker.capacity.update")
            self._send_worker(kind, desk, desk.shift[0] - 20 * SECOND, OFFLINE, extra)

    def _open_stays(self) -> None:
        """State, on the last day, each agent's current activity."""
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


TOTAL = sum(weight for weight, _ in STORIES)
