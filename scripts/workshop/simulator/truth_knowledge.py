"""What can be known of a story at a given time if some types of events never arrive."""

from __future__ import annotations

from workshop.simulator.story import Conversation, Offer, Task, cut

REFUSALS = {"timeout", "rejected", "canceled", "rescinded"}
# Without these, a story with several waits cannot be reconstructed.
OF_WAITS = {"task-queue.entered", "task-queue.moved", "task.transfer-initiated"}
# Without these, what is left of a story is not stated.
BEYOND = {"reservation.timeout", "reservation.rejected", "reservation.canceled",
          "reservation.rescinded", "task.transfer-failed", "task.transfer-canceled",
          "task.transfer-completed"}


def known(conversation: Conversation, until: int, missing: frozenset[str]):
    """Return the tasks as known at ``until``, and whether the rest can be stated.

    Changes the story: times that nobody can know become None.
    """
    tasks = [task for task in conversation.tasks if task.created <= until and cut(task, until)]
    told = True
    for task in tasks:
        absent = missing | task.lost
        if absent:
            told &= can_be_told(task, absent)
            _forget(task, absent)
        _close(task)
    for task in tasks:
        if task.previous and any(visit.answered for visit in task.visits):
            task.previous.handed_to = True
    return tasks, told


def _close(task: Task) -> None:
    """Find each reservation's last event; infer unknown ends if the task is over."""
    offers = list(task.offers())
    for offer in offers:
        offer.last_event = (offer.ended or (offer.own_wrapup and offer.wrapup) or offer.accepted
                            or offer.refused or offer.offered)
    if task.ended is None:
        return
    for offer in offers:
        if offer.accepted is None or offer.ended is not None:
            continue
        later = [o.accepted for o in offers if o.accepted and o.accepted > offer.accepted]
        offer.ended = offer.wrapup or min(later) if later else task.ended
        offer.end_inferred = True


def can_be_told(task: Task, missing: frozenset[str]) -> bool:
    """Return whether a task's story can be stated without some types of events."""
    if missing & BEYOND and (task.visits[1:] or any(o.refused for o in task.offers())):
        return False
    if missing & OF_WAITS and len(task.visits) > 1:
        return False
    # is a reservation still open whose end can only be inferred?
    if {"reservation.wrapup", "reservation.completed"} <= missing and (
            sum(o.accepted is not None for o in task.offers()) > 1):
        return False
    if "reservation.accepted" in missing and (
            missing & {"reservation.wrapup", "reservation.completed"}
            or len(task.visits) > 1 or task.previous
            or sum(o.outcome == "accepted" for o in task.offers()) > 1
            or any(o.accepted and o.end == "canceled" for o in task.offers())):
        return False
    return True


def _forget(task: Task, missing: frozenset[str]) -> None:
    """Remove from a task's story what only ``missing`` events would reveal."""
    if "task-queue.entered" in missing:
        task.visits[0].started = task.visits[0].entered // 1000 * 1000
    for offer in task.offers():
        _forget_offer(task, offer, missing)
    for visit in task.visits:
        visit.offers = [offer for offer in visit.offers if _is_known(offer)]
    if task.end and f"task.{task.end}" in missing:
        _forget_end(task, missing)
    if "reservation.accepted" in missing:
        _forget_accept(task)
    if "task.updated" in missing:
        task.stages = task.stages[:1] + [s for s in task.stages[1:] if _shows(task, s.at)]


def _forget_offer(task: Task, offer: Offer, missing: frozenset[str]) -> None:
    if "reservation.created" in missing:
        offer.offered = None
    if "reservation.wrapup" in missing and offer.wrapup is not None:
        others = [o for o in task.offers() if o is not offer and o.accepted
                  and o.accepted <= (task.wrapup or 0) and (o.ended or 1 << 62) > task.wrapup]
        alone = task.wrapup is not None and offer.wrapup <= task.wrapup and not others
        alone = alone and (offer.ended is None or offer.ended >= task.wrapup)
        offer.wrapup = task.wrapup if alone and "task.wrapup" not in missing else None
        offer.own_wrapup = False
    if offer.ended is not None and f"reservation.{offer.end}" in missing:
        offer.ended = None


def _is_known(offer: Offer) -> bool:
    return any(at is not None for at in (offer.offered, offer.accepted, offer.refused,
                                         offer.wrapup, offer.ended))


def _forget_end(task: Task, missing: frozenset[str]) -> None:
    """The task continues, unless its deletion shows that it is over."""
    swept = None if "task.system-deleted" in missing else task.deleted
    last = task.visits[-1]
    if last.ended is not None and last.end in ("canceled", "completed", "deleted"):
        last.ended, last.end = swept, swept and "deleted"
    task.ended, task.end, task.reason = swept, swept and "deleted", None


def _forget_accept(task: Task) -> None:
    """A wait then ends, with unknown length, when its reservation wraps up or completes."""
    for visit in task.visits:
        offer = visit.answered
        if offer is None:
            continue
        offer.accepted = None
        visit.ended = offer.wrapup or offer.ended
        visit.unmeasured = True
        if visit.ended is None:
            visit.answered = visit.end = None


def _shows(task: Task, at: int) -> bool:
    """Return whether an event other than task.updated follows a change of attributes."""
    times = task.moments() - {stage.at for stage in task.stages} - set(task.updates) - {None}
    return any(time >= at for time in times)
