"""The truth about a whole conversation, from its segments."""

from __future__ import annotations

from workshop.simulator.story import Task
from workshop.simulator.truth_segments import FINAL, PROGRESS, QUEUE
from workshop.simulator.truth_values import mark, number

MISSED, REJECTED = "Missed Conversation", "Rejected Conversation"
PLACES = {QUEUE: 0, FINAL: 1, PROGRESS: 1}


def place(row: dict) -> tuple[int, int]:
    """Return the sort key of a segment in its conversation, without the tie-break by segment key."""
    return row["started_at"], PLACES.get(row["derived_kind"], 2)


def number_rows(rows: list[dict]) -> None:
    """Fill segment_order of ordered rows if it is unambiguous or supplied."""
    places = [place(row) for row in rows]
    for position, row in enumerate(rows):
        if places.count(places[position]) == 1:
            row["segment_order"] = position + 1
        given = row["stage"].conversations
        if "order" in given and number(given["order"]) is not None:
            row["segment_order"] = int(number(given["order"]))


def _sum(values) -> int | None:
    values = [value for value in values if value is not None]
    return sum(values) if values else None


def total(rows: list[dict], tasks: list[Task]) -> dict:
    """Return the row of fct_conversations for the rows of one conversation, in order."""
    first = rows[0]
    by_kind: dict[str, list[dict]] = {}
    for row in rows:
        by_kind.setdefault(row["derived_kind"], []).append(row)
    queues, finals = by_kind.get(QUEUE, ()), by_kind.get(FINAL, ())
    with_agent = [row for row in finals if row["worker_sid"]]
    handled = [row for row in with_agent if row["abandoned"] != "Yes"]
    gave_up = [row for row in rows if row.get("abandoned") == "Yes"
               and row["abandoned_phase"] != "Voicemail"]
    whole = {
        "started_at": first["started_at"], "ended_at": _last_end(rows),
        "direction": first["direction"], "channel": first["channel"],
        "communication_channel": first["communication_channel"],
        "workflow_name": first["workflow_name"],
        "is_handled": bool(handled), "is_abandoned": bool(gave_up),
        "abandoned_phase": gave_up[-1]["abandoned_phase"] if gave_up else None,
        "is_in_progress": PROGRESS in by_kind or any(map(_is_open, tasks)),
        "is_virtual": any(row["virtual"] == "Yes" for row in rows),
        "segments": len(rows), "tasks": len(tasks),
        "queue_segments": len(queues), "conversation_segments": len(finals),
        "missed_segments": len(by_kind.get(MISSED, ())),
        "rejected_segments": len(by_kind.get(REJECTED, ())),
        "transfers": sum(row["is_transfer"] for row in queues),
        "abandon_time": _sum([row["abandon_time"] for row in queues]
                             + [row["abandon_time"] for row in with_agent
                                if row["abandoned"] == "Yes"]),
        "ivr_time": _ivr_time(finals), "queue_time": _sum([row["queue_time"] for row in queues]),
        "hold_time": _sum([row["supplied"].get("hold_time") for row in finals]),
    }
    for row in reversed(rows):
        if row["outcome"]:
            whole["outcome"] = row["outcome"]
            break
    for name in ("ring_time", "talk_time", "wrap_up_time", "handling_time"):
        whole[name] = _sum([row.get(name) for row in finals])
    parts = ("ring_time", "talk_time") if first["direction"] == "Outbound" else (
        "ivr_time", "queue_time", "talk_time")
    whole["experience_time"] = _sum([whole[name] for name in parts])
    _add_ends(whole, rows, queues, handled)
    if with_agent and with_agent[-1]["abandoned"] == "Yes":  # is that the last handling agent?
        mark(whole, "handling_team_id")
    _mark_open_columns(whole, rows, tasks)
    return whole


def _last_end(rows: list[dict]) -> int | None:
    return max([row["ended_at"] for row in rows if row["ended_at"]], default=None)


def _is_open(task: Task) -> bool:
    """Return whether somebody is waiting for an agent, or an agent's phone is ringing."""
    for visit in task.visits:
        if visit.ended is None:
            return True
        for offer in visit.offers:
            if not (offer.accepted or offer.refused or offer.wrapup or offer.ended):
                return True
    return False


def _add_ends(whole: dict, rows: list[dict], queues, handled) -> None:
    """Add first and last queue and agent."""
    agents = [row for row in rows if row["worker_sid"]
              and row["derived_kind"] in (FINAL, PROGRESS)]
    whole["agents"] = len({row["worker_sid"] for row in agents})
    if queues:
        whole["first_task_queue_sid"] = queues[0]["task_queue_sid"]
        whole["last_task_queue_sid"] = queues[-1]["task_queue_sid"]
    if agents:
        whole["first_worker_sid"] = agents[0]["worker_sid"]
        whole["last_worker_sid"] = agents[-1]["worker_sid"]
    if handled:
        whole["handling_team_id"] = handled[-1]["handling_team_id"]


def _mark_open_columns(whole: dict, rows: list[dict], tasks: list[Task]) -> None:
    if whole["is_in_progress"]:
        mark(whole, "ended_at")
        mark(whole, "handling_team_id")
    if len(tasks) > 1 and len({row["task_sid"] for row in rows}) != len(tasks):
        mark(whole, "tasks")
    for row in rows:
        if row["kind"] != row["derived_kind"]:
            mark(whole, "conversation_segments")
        if "handling_time" in (row.get("unstated") or ""):
            mark(whole, "handling_time")


def _ivr_time(finals) -> int | None:
    """Return the largest IVR Time of each task, summed."""
    largest: dict[str, int] = {}
    for row in finals:
        time = row["supplied"].get("ivr_time")
        if time is not None:
            largest[row["task_sid"]] = max(largest.get(row["task_sid"], 0), time)
    return sum(largest.values()) if largest else None
