"""The truth about one task: the segments that follow from its story by the rules."""

from __future__ import annotations

from workshop.simulator.story import NOTHING, Offer, Stage, Task, Visit, to_json
from workshop.simulator.truth_tables import BROKEN, NO_SEGMENT, NUMBERED, TEXTS, WHOLE
from workshop.simulator.truth_values import capital, mark, number, seconds, text, whole

SUPPLIED_TEXTS = {*TEXTS, *NUMBERED}
UNCUT = {"content", *(f"conversation_label_{n}" for n in range(1, 11))}
CHANNELS = {"voice": "Call", "chat": "Chat"}
QUEUE, FINAL, PROGRESS = "Queue", "Conversation", "Conversation in Progress"
CORRUPTED = "Corrupted Conversation Segment"
REFUSED = {"timeout": "Missed Conversation", "canceled": "Missed Conversation",
           "rejected": "Rejected Conversation", "rescinded": "Revoked Conversation"}
SLA, SHORT = 60, 5


def task_rows(task: Task) -> list[dict]:
    """Return all rows of one task, in no particular order."""
    rows, waited = [], 0
    last_answer = max((o.accepted or o.wrapup or o.ended or 0 for o in task.offers()), default=0)
    ended_visits = [visit for visit in task.visits if visit.ended is not None]
    for visit in task.visits:
        wait = None if visit.unmeasured else seconds(visit.started, visit.ended)
        waited += wait or 0
        if visit.ended is not None:
            rows.append(_queue_row(task, visit, wait, visit is ended_visits[-1]))
            if _has_agentless_row(task, visit, visit is task.visits[-1]):
                rows.append(_agentless_row(task, visit, wait, waited))
        for offer in visit.offers:
            row = _offer_row(task, visit, offer, wait, waited, last_answer)
            if row:
                rows.append(row)
        if visit.answered:
            waited = 0
    return rows


def _abandoned(task: Task, visit: Visit) -> bool:
    """Return whether, by the rules, the customer gave up this wait."""
    if visit.answered or visit.ended is None:
        return False
    if visit.end == "completed":
        return visit.transfer is not None and visit.transfer.mode == "COLD"
    if visit.end not in ("canceled", "deleted", "failed", "taken back"):
        return False
    others = list(task.offers()) + (list(task.previous.offers()) if task.previous else [])
    if any(_talking(offer, visit.ended) for offer in others):
        return False
    return not any(o.accepted and o.accepted > visit.ended for o in task.offers())


def _talking(offer: Offer, at: int) -> bool:
    if offer.accepted is None or offer.accepted > at:
        return False
    over = offer.wrapup or offer.ended
    return over is None or over > at


def _has_agentless_row(task: Task, visit: Visit, is_last: bool) -> bool:
    if visit.answered:
        return False
    answered = any(o.accepted or o.wrapup or o.ended for o in task.offers())
    return _abandoned(task, visit) or (is_last and task.ended is not None and not answered)


def _queue_row(task: Task, visit: Visit, wait: int | None, is_last: bool) -> dict:
    row, conversations = _row(task, QUEUE, visit, None, visit.ended, visit.started, visit.ended,
                              task.reason if is_last else None)
    _leg_abandoned(row, task, visit, conversations, wait)
    if visit.answered:
        row["visit_outcome"], row["answered_by"] = "Answered", visit.answered.sid
    elif row["abandoned"] == "Yes":
        row["visit_outcome"] = "Abandoned"
    else:
        row["visit_outcome"] = "Left" if visit.end == "left" else "Ended"
    row["sla_threshold"], row["short_abandoned_threshold"] = SLA, SHORT
    if row["visit_outcome"] == "Answered":
        row["is_subject_to_sla"] = True
        row["is_within_sla"] = row["queue_time"] is not None and row["queue_time"] < SLA
        if row["queue_time"] is None:
            mark(row, "is_within_sla")
            mark(row, "is_subject_to_sla")
    else:
        row["is_subject_to_sla"] = (row["visit_outcome"] == "Abandoned"
                                    and row["queue_time"] > SHORT)
        row["is_within_sla"] = False if row["is_subject_to_sla"] else None
    return row


def _leg_abandoned(row: dict, task: Task, visit: Visit, conversations: dict, wait) -> None:
    """Fill abandonment and the waiting times of a Queue or agent-less row."""
    phase = conversations.get("abandoned_phase")
    value = conversations.get("abandoned")
    if not value:
        value = "Follow-Up" if phase == "Callback Request" else (
            "Yes" if _abandoned(task, visit) else "No")
    row["abandoned"] = value
    row["queue_time"] = _supplied(conversations, "queue_time", wait)
    if value == "Yes" and not visit.answered:
        row["abandoned_phase"], lost = text(phase) or "Queue", wait
    else:
        row["abandoned_phase"], lost = text(phase), None
    row["abandon_time"] = _supplied(conversations, "abandon_time", lost)


def _agentless_row(task: Task, visit: Visit, wait, waited: int) -> dict:
    row, conversations = _row(task, FINAL, visit, None, visit.ended, visit.ended, visit.ended,
                              task.reason)
    _leg_abandoned(row, task, visit, conversations, wait)
    row["total_queue_time"] = waited
    for name in ("ring_time", "talk_time", "wrap_up_time"):
        row[name] = _supplied(conversations, name, None)
    _facts(row, conversations)
    return row


def _offer_row(task, visit, offer: Offer, wait, waited: int, last_answer: int) -> dict | None:
    """Return the row of a reservation; None while it is pending."""
    if offer.refused is not None:
        started = offer.refused if offer.offered is None else offer.offered
        row, _ = _row(task, REFUSED[offer.outcome], visit, offer, offer.refused, started,
                      offer.refused, offer.reason)
        row["ring_time"] = seconds(offer.offered, offer.refused)
        row["reservation_outcome"] = offer.outcome
        return row
    is_last = (offer.accepted or offer.wrapup or offer.ended or 0) == last_answer
    reason = task.reason if is_last and last_answer else None
    if offer.accepted is None:
        if offer.wrapup or offer.ended:
            return _corrupted_row(task, visit, offer, reason)
        return None
    own_wait, total = (wait, waited) if visit.answered is offer else (0, waited)
    if offer.ended is None:
        row, given = _row(task, PROGRESS, visit, offer, offer.wrapup or offer.accepted,
                      offer.accepted, None, reason)
        row["queue_time"], row["ring_time"] = own_wait, seconds(offer.offered, offer.accepted)
        row["reservation_outcome"] = "accepted"
        mark(row, "transfer_status")
        mark(row, "followed_by")
        if "queue_time" in given:
            mark(row, "queue_time")
        return row
    return _final_row(task, visit, offer, own_wait, total, reason)


def _final_row(task, visit, offer: Offer, wait, total: int, reason) -> dict:
    last_event = offer.last_event
    row, conversations = _row(task, FINAL, visit, offer, last_event, offer.accepted, offer.ended,
                              reason)
    phase = conversations.get("abandoned_phase")
    row["abandoned"] = conversations.get("abandoned") or (
        "Follow-Up" if phase == "Callback Request" else "No")
    row["abandoned_phase"] = text(phase)
    row["abandon_time"] = _supplied(conversations, "abandon_time", None)
    row["queue_time"], row["total_queue_time"] = _supplied(conversations, "queue_time", wait), total
    row["reservation_outcome"], row["is_end_inferred"] = "accepted", offer.end_inferred
    talked_until = offer.wrapup or offer.ended
    row["ring_time"] = _supplied(conversations, "ring_time",
                                 seconds(offer.offered, offer.accepted))
    row["talk_time"] = _supplied(conversations, "talk_time",
                                 seconds(offer.accepted, talked_until))
    row["wrap_up_time"] = _supplied(conversations, "wrap_up_time",
                                    seconds(offer.wrapup, offer.ended) or 0)
    _facts(row, conversations)
    row["handling_time"] = row["talk_time"] + row["wrap_up_time"]
    if row["direction"] == "Outbound" and row["initiated_by"] != "Dialer":
        row["handling_time"] += row["ring_time"] or 0
        if row["ring_time"] is None:
            mark(row, "handling_time")
    if offer.transfer and _successful(task, offer):
        row["followed_by"] = row["followed_by"] or f"{offer.transfer.mode.title()} Transfer"
    elif task.handed_to and offer.accepted == max(o.accepted or 0 for o in task.offers()):
        row["followed_by"] = row["followed_by"] or "Messaging Transfer"
    return row


def _corrupted_row(task, visit, offer: Offer, reason) -> dict:
    known_times = [at for at in (offer.offered, offer.wrapup, offer.ended) if at is not None]
    row, conversations = _row(task, CORRUPTED, visit, offer, offer.last_event, min(known_times),
                              offer.ended, reason)
    row["reservation_outcome"] = "accepted"
    row["wrap_up_time"] = seconds(offer.wrapup, offer.ended)
    for name in ("ended_at", "wrap_up_time", "total_queue_time"):
        mark(row, name)
    return row


def _successful(task: Task, offer: Offer) -> bool:
    return any(visit.transfer and visit.transfer.by is offer and visit.answered
               for visit in task.visits)


def _supplied(conversations: dict, name: str, computed):
    value = whole(conversations.get(name)) if name in conversations else None
    return computed if value is None else value


def _facts(row: dict, conversations: dict) -> None:
    """Numbers that count once: on Conversation rows only."""
    for name in conversations:
        if name in WHOLE:
            row["supplied"][name] = whole(conversations[name])
        elif name in BROKEN:
            row["supplied"][name] = number(conversations[name])


def _row(task: Task, kind: str, visit: Visit, offer: Offer | None, event_at: int, started: int,
         ended: int | None, reason: str | None) -> tuple[dict, dict]:
    """Return a row with what all kinds share, and the ``conversations`` attributes that apply to it."""
    stage = task.stage_at(event_at).like
    if stage.facts is None:
        stage.facts = _facts_of(task, stage)
    given, queue = stage.conversations, visit.queue
    row = dict(stage.facts)
    row["derived_kind"] = row["kind"] = kind
    row["task_queue_sid"] = queue.sid
    row["started_at"], row["ended_at"] = started, ended
    row["time_in_seconds"] = started // 1000 % 86_400
    row["outcome"] = row["outcome"] or text(reason)
    row["queue_name"] = row["queue_name"] or queue.name
    if offer:
        row["reservation_sid"], row["worker_sid"] = offer.sid, offer.worker.sid
    _add_team(row, given, offer, queue)
    if given:
        _add_supplied(row, given, kind)
    _add_links(row, task, offer, ended)
    if visit.transfer or task.previous or task.transfer_sid:
        _add_transfer(row, task, visit, offer, kind)
    return row, given


def _facts_of(task: Task, stage: Stage) -> dict:
    """Return the values that all rows with the same task attributes share."""
    account, root, given = task.account, stage.root, stage.conversations
    voice = task.channel == "voice"
    direction = _direction(root, given)
    return {
        **NO_SEGMENT, "stage": stage, "voice": voice, "supplied": NOTHING,
        "account_sid": account.sid, "workspace_sid": account.workspace, "task_sid": task.sid,
        "reservation_sid": None, "worker_sid": None,
        "workflow_sid": account.workflows[task.workflow], "call_sid": task.call_sid,
        "flex_interaction_sid": task.interaction_sid, "transfer_sid": task.transfer_sid,
        "previous_task_sid": task.previous and task.previous.sid,
        "has_clock_skew": False, "is_end_inferred": False, "is_transfer": False,
        "channel": text(given.get("channel")) or CHANNELS.get(task.channel, task.channel),
        "communication_channel": _communication_channel(root, given, voice),
        "direction": direction,
        "external_contact": _external_contact(root, given, voice, direction),
        "outcome": text(given.get("outcome")) or text(root.get("reason")),
        "queue_name": text(given.get("queue")),
        "workflow_name": text(given.get("workflow")) or task.workflow,
        "activity": text(given.get("activity")), "case_id": text(given.get("case")),
        "initiated_by": text(given.get("initiated_by")) or capital(root.get("initiatedBy")),
        "virtual": text(given.get("virtual")) or "No",
        "preceded_by": text(given.get("preceded_by")),
        "followed_by": text(given.get("followed_by")),
    }


def _add_supplied(row: dict, given: dict, kind: str) -> None:
    """Add texts that implementers supply; pair attributes with labels."""
    supplied = row["supplied"] = {
        name: value if name in UNCUT else text(value)
        for name, value in given.items() if name in SUPPLIED_TEXTS}
    for name in [name for name in supplied if name in NUMBERED]:
        n = name.rsplit("_", 1)[1]
        attribute, label = f"conversation_attribute_{n}", f"conversation_label_{n}"
        if attribute in supplied:
            supplied.setdefault(label, supplied[attribute])
        else:  # becomes the segment's key
            mark(row, attribute)
    if kind == FINAL:
        row["kind"] = text(given.get("kind")) or kind
    if "abandoned_phase" in given and kind not in (QUEUE, FINAL):
        mark(row, "abandoned_phase")


def _direction(root: dict, given: dict) -> str:
    value = given.get("direction") or root.get("direction")
    if value:
        return value.capitalize()
    return "Outbound" if root.get("outbound_to") else "Inbound"


def _communication_channel(root: dict, given: dict, voice: bool) -> str | None:
    value = text(given.get("communication_channel"))
    if value:
        return value
    kind = root.get("channelType")
    if kind:
        return "SMS" if kind == "sms" else capital(kind)
    return "Call" if voice else None


def _external_contact(root: dict, given: dict, voice: bool, direction: str) -> str | None:
    if direction == "Internal":
        return None
    if given.get("external_contact"):
        return text(given["external_contact"])
    if not voice:
        return None
    names = ("from", "caller") if direction == "Outbound" else ("to", "called")
    return next((root[name] for name in names if root.get(name)), None)


def team_of(team) -> dict:
    """Return the handling team and department for an agent's team."""
    if team.id is None:
        return {}
    return {"handling_team_id": team.id, "handling_team_name": team.name,
            "handling_team_name_in_hierarchy": team.hierarchy,
            "handling_department_id": team.department_id,
            "handling_department_name": team.department_name,
            "handling_department_name_in_hierarchy": team.department_name}


def _add_team(row: dict, given: dict, offer: Offer | None, queue) -> None:
    """Add handling team and department: supplied, else the agent's, else the queue as team."""
    team = offer and offer.worker.teams[offer.worker.team_at(offer.last_event)]
    if team and team.id:
        row.update(team_of(team))
    else:
        row["handling_team_id"] = queue.sid
        row["handling_team_name"] = row["handling_team_name_in_hierarchy"] = queue.name
    for what in ("handling_team", "handling_department") if given else ():
        if given.get(f"{what}_id"):
            for part in ("id", "name", "name_in_hierarchy"):
                row[f"{what}_{part}"] = text(given.get(f"{what}_{part}"))


def _add_links(row: dict, task: Task, offer: Offer | None, ended: int | None) -> None:
    """Add recording link and media: the latest up to two minutes after the row's end."""
    for stage in task.stages:
        given = stage.conversations
        if given and (ended is None or stage.at <= ended + 120_000):
            row["segment_link"] = given.get("segment_link") or row.get("segment_link")
            media = given.get("media")
            if media:
                row["media"] = to_json(media)
    if offer and offer.recording:
        stage, media = offer.recording
        if stage in task.stages and (ended is None or stage.at <= ended + 120_000):
            row["media"] = to_json(media)


def _add_transfer(row: dict, task: Task, visit: Visit, offer: Offer | None, kind: str) -> None:
    """Add the transfer columns of a leg that began with a transfer."""
    transfer = visit.transfer
    if transfer:
        row["transfer_sid"] = transfer.sid
        row["transfer_type"] = "Queue" if transfer.type == "QUEUE" else "Agent"
        row["transfer_mode"] = transfer.mode.title()
        row["transferred_from"] = transfer.by.sid
        name = f"{transfer.mode.title()} Transfer"
    else:
        row["transfer_type"] = {"worker": "Agent", "queue": "Queue"}.get(task.transfer_target)
        row["transfer_mode"], name = "Cold", "Messaging Transfer"
        accepted = [o for o in task.previous.offers() if o.accepted]
        if accepted:
            row["transferred_from"] = max(accepted, key=lambda o: o.accepted).sid
    row["is_transfer"] = True
    refused = offer is not None and offer.refused is not None
    if visit.answered:
        if refused:
            mark(row, "transfer_status")
        else:
            row["transfer_status"] = "Successful"
        if kind in (QUEUE, FINAL):
            row["preceded_by"] = row["preceded_by"] or name
    elif visit.ended is not None:
        row["transfer_status"] = "Failed"
