"""The events that TaskRouter would send about a story."""

from __future__ import annotations

from functools import cache
from json.encoder import encode_basestring as quoted

from workshop.simulator.forms import Extra, Moment, TaskText
from workshop.simulator.story import Offer, Task, Transfer, Visit

# The causal order of events in the same millisecond.
ORDER = (
    ("workflow.entered",), ("task.created",), ("task.transfer-initiated",),
    ("task-queue.moved", "task-queue.entered"),
    ("workflow.target-matched", "workflow.skipped", "task-queue.timeout"),
    ("reservation.created",), ("reservation.accepted",),
    ("reservation.rejected", "reservation.timeout", "reservation.canceled",
     "reservation.rescinded", "reservation.failed"),
    ("task.updated",), ("task.transfer-attempt-failed",), ("reservation.wrapup",),
    ("task.wrapup",), ("reservation.completed",),
    ("task.transfer-completed", "task.transfer-failed", "task.transfer-canceled"),
    ("workflow.timeout",), ("task.completed", "task.canceled"),
    ("task.deleted", "task.system-deleted"),
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


def steps(task: Task) -> list[tuple]:
    """Return the task's events as (time, rank, type, visit, offer), in causal order."""
    first = task.visits[0]
    todo = [(task.entered_workflow, 0, "workflow.entered", first, None),
            (task.created, 1, "task.created", first, None),
            (task.matched, 4, "workflow.target-matched", first, None)]
    for number, visit in enumerate(task.visits):
        _visit_steps(todo, visit, task.visits[number - 1] if number else None)
    for stage in task.stages[1:]:
        todo.append((stage.at, 8, "task.updated", None, None))
    for at in task.updates:
        todo.append((at, 8, "task.updated", None, None))
    if task.wrapup:
        todo.append((task.wrapup, 11, "task.wrapup", None, None))
    if task.ended:
        kind = f"task.{task.end}"
        todo.append((task.ended, RANK[kind], kind, None, None))
    if task.deleted:
        todo.append((task.deleted, 16, "task.system-deleted", None, None))
    todo.sort(key=_time_and_rank)
    return todo


def _time_and_rank(step: tuple) -> tuple:
    return step[0], step[1]


def _visit_steps(todo: list, visit: Visit, before: Visit | None) -> None:
    transfer = visit.transfer
    if transfer:
        todo.append((visit.started, 2, "task.transfer-initiated", visit, transfer.by))
        if transfer.type == "QUEUE":
            todo.append((visit.entered, 3, "task-queue.entered", visit, None))
        for at in transfer.attempts:
            todo.append((at, 9, "task.transfer-attempt-failed", visit, transfer.by))
        if transfer.ended:
            todo.append((transfer.ended, 13, f"task.transfer-{transfer.status}", visit,
                         transfer.by))
    else:
        if before:
            todo.append((visit.started, 3, "task-queue.moved", visit, None))
            todo.append((visit.entered, 4, "workflow.target-matched", visit, None))
        todo.append((visit.entered, 3, "task-queue.entered", visit, None))
    if visit.timeout:
        todo.append((visit.timeout, 4, "task-queue.timeout", visit, None))
    for offer in visit.offers:
        todo.append((offer.offered, 5, "reservation.created", visit, offer))
        if offer.refused:
            todo.append((offer.refused, 7, f"reservation.{offer.outcome}", visit, offer))
        if offer.accepted:
            todo.append((offer.accepted, 6, "reservation.accepted", visit, offer))
            if offer.wrapup:
                todo.append((offer.wrapup, 10, "reservation.wrapup", visit, offer))
            if offer.ended:
                kind = f"reservation.{offer.end}"
                todo.append((offer.ended, RANK[kind], kind, visit, offer))


STATUS = {"reservation.accepted": "assigned", "task.wrapup": "wrapping",
          "task.completed": "completed", "task.canceled": "canceled", "task.deleted": "canceled"}
VERBS = {name: name.split(".")[1] for name in RANK}
VERBS |= {"workflow.entered": "entered Workflow", "task-queue.entered": "entered TaskQueue",
         "task-queue.moved": "moved to TaskQueue", "task-queue.timeout": "timed out of TaskQueue",
         "workflow.target-matched": "matched a target of Workflow"}


class Emitter:
    """Writes the events of one account and day, through ``send(moment, family)``."""

    def __init__(self, account, rng, send, until: int, missing: frozenset[str]) -> None:
        self.account, self.send, self.until, self.missing = account, send, until, missing
        self.bits, self.sids, self.used = rng.getrandbits, "", 0
        self.moment = Moment()
        self.moment.account = account

    def _sid(self) -> str:
        """Return a new event SID; many are drawn at once."""
        used = self.used
        if used == len(self.sids):
            self.sids, used = f"{self.bits(128 * 64):02048x}", 0
        self.used = used + 32
        return f"EV{self.sids[used:used + 32]}"

    def task(self, task: Task) -> None:
        """Send all events of a task up to the time at which collecting stops."""
        m, until, missing = self.moment, self.until, self.missing | task.lost
        task.text = m.task = TaskText(self.account, task.sid, task.channel, task.workflow,
                                      task.created, task.target)
        m.status, m.version, m.priority = "pending", 0, task.priority
        m.queue, m.entered = task.visits[0].queue, task.visits[0].entered
        stages, at_stage = task.stages, 0
        m.stage = stages[0]
        versions: dict[str, int] = {}
        for at, rank, kind, visit, offer in steps(task):
            if at > until:
                break
            while at_stage + 1 < len(stages) and stages[at_stage + 1].at <= at:
                at_stage += 1
                m.stage = stages[at_stage]
            if rank == 3 and visit.queue is not m.queue:
                m.queue, m.entered = visit.queue, visit.entered
            m.status = STATUS.get(kind, m.status)
            m.type, m.at = kind, at
            is_offer = rank in (5, 6, 7, 10, 12)
            if is_offer:
                m.offer_version = versions[offer.sid] = versions.get(offer.sid, -1) + 1
                if kind == "reservation.created" and m.status == "pending":
                    m.status = "reserved"
                elif rank == 7 and m.status == "reserved":
                    m.status = "pending"
            m.sid = self._sid()
            if kind in missing:
                m.version += 1
                continue
            if is_offer:
                self._offer(m, task, visit, offer, rank)
                self.send(m, "reservation")
            else:
                m.extra = _task_extra(task, kind, visit, at)
                m.description = f'"Task {task.sid} {VERBS[kind]}"'
                self.send(m, "task")
            m.version += 1

    def _offer(self, m: Moment, task: Task, visit: Visit, offer: Offer, rank: int) -> None:
        desk = offer.desk
        m.offer, m.worker = offer, offer.worker
        m.worker_text = offer.worker.team_at(m.at)
        m.worker_version, m.activity = desk.state_at(m.at)
        capacity = 3 if offer.worker.skill == "digital" else 1
        m.pending = (capacity, min(offer.slot + 1, capacity))
        m.description = f'"Reservation {offer.sid} {VERBS[m.type]}"'
        extra = {}
        # later events of an agent who began a transfer carry it too
        transfer = offer.transfer or visit.transfer
        if transfer and transfer.started <= m.at:
            extra = _transfer_extra(transfer, m.at)
        if rank == 7 and offer.reason:
            extra["reason"] = offer.reason
        if rank == 7 and offer.outcome == "rejected":
            extra["reservation_reason_code"] = 1
        if task.end == "canceled" and task.ended == m.at:
            extra["task_canceled_reason"] = task.reason
        m.extra = extra

    def worker(self, kind: str, desk, at: int, activity: str, extra: dict) -> None:
        """Send a worker event, unless it is left out or later than collecting stops."""
        if at > self.until or kind in self.missing:
            return
        m, worker = self.moment, desk.worker
        m.sid = self._sid()
        m.type, m.at, m.worker, m.activity = kind, at, worker, activity
        m.worker_text, m.worker_version = worker.team_at(at), desk.state_at(at)[0]
        what = f"{kind.split('.', 1)[1]} {activity}"
        if kind == "worker.attributes.update":
            what = f"updated attributes to {worker.texts[m.worker_text]}"
        m.description = quoted(f"Worker {worker.name} {what}")
        m.extra = extra
        self.send(m, "worker")


    def resource(self, kind: str, resource: str, sid: str, at: int, fields: dict) -> None:
        """Send an event about a part of the workspace (``resource`` as ResourceType has it)."""
        if at > self.until or kind in self.missing:
            return
        m = self.moment
        m.sid = self._sid()
        m.type, m.at, m.pending, m.extra = kind, at, (resource, sid), fields
        m.description = quoted(f"{kind.split('.')[0]} {sid} {kind.split('.', 1)[1]}")
        self.send(m, "resource")


def _task_extra(task: Task, kind: str, visit: Visit | None, at: int) -> dict | None:
    if kind == "task.canceled" or kind == "task.completed":
        return _reason(kind, task.reason)
    if kind == "workflow.target-matched":
        return _matched(visit.queue.name, visit.queue.expression)
    if kind.startswith("task.transfer"):
        return _transfer_extra(visit.transfer, at)
    if kind in ("task-queue.moved", "task-queue.timeout"):
        before = task.visits[max(task.visits.index(visit) - 1, 0)].queue
        return {"previous_task_queue_sid": before.sid, "previous_task_queue_name": before.name,
                "target_changed_reason": "timeout"}
    if kind == "task.updated":
        return UNCHANGED
    return None


UNCHANGED = Extra(previous_task_priority=0)


@cache
def _reason(kind: str, reason: str | None) -> Extra | None:
    return Extra({f"{kind.replace('.', '_')}_reason": reason}) if reason else None


@cache
def _matched(name: str, expression: str) -> Extra:
    return Extra(workflow_filter_name=f"{name} calls",
                 workflow_filter_expression=f'queue == "{name}"',
                 workflow_filter_target_name=name, workflow_filter_target_expression=expression)


def _transfer_extra(transfer: Transfer, at: int) -> dict:
    status = "initiated"
    if transfer.ended and transfer.ended <= at and transfer.status:
        status = {"completed": "complete"}.get(transfer.status, transfer.status)
    extra = {"task_transfer_sid": transfer.sid, "transfer_type": transfer.type,
             "transfer_mode": transfer.mode, "transfer_to": transfer.to,
             "transfer_started": transfer.started, "transfer_status": status,
             "transfer_initiating_worker_sid": transfer.by.worker.sid,
             "transfer_initiating_reservation_sid": transfer.by.sid}
    if status == "failed" or at in transfer.attempts:
        extra["transfer_failed_reason"] = transfer.failed_reason or "Reservation timed out"
    return extra
