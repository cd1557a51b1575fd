"""What really happened: tasks, waits, offers, transfers. Filled by ``day.py``.

The emitter turns a story into events; the truth states what the marts must hold for it. Neither
uses the other. All times are epoch milliseconds; None means it has not happened.
"""

from __future__ import annotations

from json import JSONEncoder

NOTHING: dict = {}
to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Offer:
    """A reservation: a task offered to an agent."""

    __slots__ = ("sid", "desk", "worker", "offered", "outcome", "refused", "accepted", "wrapup",
                 "ended", "end", "reason", "slot", "transfer", "last_event", "end_inferred",
                 "recording", "own_wrapup")

    def __init__(self, sid: str, desk, offered: int, slot: int = 0) -> None:
        self.sid, self.desk, self.worker, self.offered = sid, desk, desk.worker, offered
        self.outcome = None  # accepted, timeout, rejected, canceled, rescinded
        self.refused = self.accepted = self.wrapup = self.ended = None
        self.end = "completed"  # the reservation event that ends it after an accept
        self.reason = None
        self.slot = slot
        self.transfer = None  # the transfer that this agent initiated last
        self.last_event = None
        self.end_inferred = False
        self.own_wrapup = True  # False if only the task's wrap-up reveals it
        self.recording = None  # (the Stage that mentions it, its media)


class Transfer:
    """A voice transfer that agent ``by`` began."""

    __slots__ = ("sid", "type", "mode", "to", "by", "started", "attempts", "ended", "status",
                 "failed_reason")

    def __init__(self, sid: str, type: str, mode: str, to: str, by: Offer, started: int) -> None:
        self.sid, self.type, self.mode, self.to = sid, type, mode, to
        self.by, self.started = by, started
        self.attempts: list[int] = []  # failed ones
        self.ended = self.status = self.failed_reason = None  # completed, failed, canceled


class Visit:
    """A wait in a queue, with the reservations offered meanwhile."""

    __slots__ = ("queue", "started", "ended", "end", "answered", "offers", "transfer", "entered",
                 "timeout", "unmeasured")

    def __init__(self, queue, started: int, transfer: Transfer | None = None) -> None:
        self.queue, self.started, self.transfer = queue, started, transfer
        self.ended = self.answered = None
        self.end = None  # answered, left, failed, taken back, canceled, completed, deleted
        self.offers: list[Offer] = []
        self.entered = started  # of task-queue.entered; later only where a transfer began it
        self.timeout = None  # of task-queue.timeout, where the wait grew too long
        self.unmeasured = False  # its end is known, but not how long the customer waited


class Stage:
    """The task attributes from one moment on."""

    __slots__ = ("at", "root", "conversations", "customers", "text", "texts", "like", "facts")

    def __init__(self, at: int, root: dict, root_text: str, conversations, customers) -> None:
        self.at, self.root = at, root
        self.like = self  # the first stage for which all rules agree
        self.facts = None
        self.conversations, self.customers = conversations or NOTHING, customers or NOTHING
        text = root_text
        if conversations is not None:
            text += f',"conversations":{to_json(conversations)}'
        if customers is not None:
            text += f',"customers":{to_json(customers)}'
        self.text = text + "}"
        self.texts: dict[str, str] = {}  # as a JSON string, by form


class Task:
    """A task and everything that happens to it."""

    __slots__ = ("account", "sid", "text", "channel", "workflow", "target", "entered_workflow",
                 "created", "matched", "visits", "stages", "root_text", "wrapup", "ended", "end",
                 "reason", "updates", "deleted", "call_sid", "interaction_sid", "previous",
                 "transfer_sid", "transfer_target", "priority", "handed_to", "lost")

    def __init__(self, account, sid: str, channel: str, workflow: str, created: int, root: dict,
                 conversations: dict | None, customers: dict | None) -> None:
        self.account, self.sid, self.channel, self.workflow = account, sid, channel, workflow
        self.created = self.entered_workflow = self.matched = created
        self.target = self.text = None
        self.visits: list[Visit] = []
        self.root_text = to_json(root)[:-1]
        self.stages = [Stage(created, root, self.root_text, conversations, customers)]
        self.wrapup = self.ended = self.reason = None
        self.end = None  # completed, canceled, or deleted if that is the only event
        self.updates: list[int] = []  # task.updated that change nothing
        self.deleted = None  # when TaskRouter deleted the task, long after its end
        self.call_sid = root.get("call_sid")
        self.interaction_sid = root.get("flexInteractionSid")
        self.transfer_sid = root.get("transfer_sid")
        self.transfer_target = root.get("transferTargetType")
        self.previous: Task | None = None
        self.priority = 0
        self.handed_to = False  # to a second agent, as a new task
        self.lost: frozenset[str] = frozenset()  # event types that never arrive for this task

    def offers(self):
        """Yield all reservations of the task, visit by visit."""
        for visit in self.visits:
            yield from visit.offers

    def moments(self) -> set[int]:
        """Return the times of all events of the task."""
        times = {self.created, self.entered_workflow, self.matched, self.wrapup, self.ended}
        times.update(self.updates)
        for visit in self.visits:
            times.update((visit.started, visit.entered, visit.timeout, visit.ended))
            if visit.transfer:
                times.update(visit.transfer.attempts)
                times.add(visit.transfer.ended)
            for offer in visit.offers:
                times.update((offer.offered, offer.accepted, offer.refused, offer.wrapup,
                              offer.ended))
        times.update(stage.at for stage in self.stages)
        return times

    def update(self, at: int, conversations: dict | None = None, more: str = "") -> Stage:
        """Set attributes at a moment that no other event of the task shares; return the stage.

        ``more`` is JSON text of further keys that no rule uses. Calls must be in order of time.
        """
        taken = self.moments()
        while at in taken:
            at += 1
        last = self.stages[-1]
        if more:
            self.root_text += "," + more
        if conversations:
            conversations = {**last.conversations, **conversations}
        self.stages.append(Stage(at, last.root, self.root_text,
                                 conversations or last.conversations or None,
                                 last.customers or None))
        if not conversations:
            self.stages[-1].like = last.like
        return self.stages[-1]

    def stage_at(self, at: int) -> Stage:
        """Return the attributes as an event of the task at ``at`` carries them."""
        found = self.stages[0]
        for stage in self.stages:
            if stage.at <= at:
                found = stage
        return found


class Conversation:
    """Tasks of one conversation, with the id that follows from the rules."""

    __slots__ = ("account", "id", "tasks")

    def __init__(self, account, id: str, tasks: list[Task]) -> None:
        self.account, self.id, self.tasks = account, id, tasks


def cut(task: Task, until: int) -> bool:
    """Drop what happens after ``until``; return whether anything of the task is left."""
    if task.created > until:
        return False
    task.visits = [visit for visit in task.visits if visit.started <= until]
    for visit in task.visits:
        if visit.ended is not None and visit.ended > until:
            visit.ended = visit.end = visit.answered = None
        if visit.transfer and visit.transfer.ended and visit.transfer.ended > until:
            visit.transfer.ended = visit.transfer.status = None
        visit.offers = [offer for offer in visit.offers if offer.offered <= until]
        for offer in visit.offers:
            _cut_offer(offer, until)
    if task.deleted is not None and task.deleted > until:
        task.deleted = None
    if task.ended is not None and task.ended > until:
        task.ended = task.end = task.reason = None
    task.stages = [stage for stage in task.stages if stage.at <= until]
    return True


def _cut_offer(offer: Offer, until: int) -> None:
    for name in ("accepted", "refused", "wrapup", "ended"):
        at = getattr(offer, name)
        if at is not None and at > until:
            setattr(offer, name, None)
    if offer.accepted is None and offer.refused is None:
        offer.outcome = None
