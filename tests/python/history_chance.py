"""Histories of chance: small stories in which links, customers and teams change all the time."""

import json
import random
from datetime import datetime, timezone

from scenario_forms import FORMS

AGENTS = ("John", "Alba")
# What the attributes of a history are about.
TOPICS = (
    "call_sid", "flexInteractionSid", "previous_task_sid", "conversation_id", "conversation_id",
    "from", "direction", "customers", "outcome", "abandoned",
)


def random_history(title, seed, loads):
    """Some tasks and agents whose links, customers and teams change, in so many loads.

    Few names and times, so that much coincides. Most of a task or agent comes in one load, the more
    so the smaller `stray` is: a load should leave something untouched. The same arguments give the
    same history.
    """
    rng = random.Random(seed)
    tasks = [f"T{number}" for number in range(1, rng.randint(2, 5) + 1)]
    stray = rng.choice((0.05, 0.2, 1))
    topics = sorted(set(rng.sample(TOPICS, 3)))
    moments = []
    for number, task in enumerate(tasks):
        moments += _with_loads(rng, _life_of_task(rng, task, number, topics), loads, stray)
    for agent in AGENTS:
        moments += _with_loads(rng, _life_of_agent(rng, agent), loads, stray)
    moments = [moment for moment in moments if rng.random() < 0.85] or moments
    moments.sort(key=lambda moment: moment[0])
    events = "".join(f"{line}\n" for _, line in moments)
    return {"title": title, "proves": "chance", "form": "mixed", "attributes": {}, "events": events}


def _with_loads(rng, moments, loads, stray):
    """[(minute, line of a history)]: loads before the bar, some with forms, some redacted."""
    home = rng.randint(1, loads)
    lines = []
    for minute, text in moments:
        copies = [str(rng.randint(1, loads) if rng.random() < stray else home)]
        while rng.random() < stray / 5:
            redacted = "-" if rng.random() < 0.5 else ""
            copies.append(f"{rng.randint(1, loads)}:{rng.choice(FORMS)}{redacted}")
        lines.append((minute, f"{','.join(copies)} | {_clock(minute)} {text}"))
    return lines


def _clock(minute):
    days, rest = divmod(minute, 24 * 60)
    return f"{days}d{rest // 60:02}:{rest % 60:02}:00"


def _life_of_task(rng, task, number, topics):
    """[(minute, event line)] from the first queue to an end, if it has one."""
    minute = rng.choice((0, 1, 5)) * 24 * 60 + 480 + rng.randint(0, 40)
    moments = []

    def happens(text, told=0.3):
        nonlocal minute
        minute += rng.choice((0, 0, 1, 1, 2, 10))
        attributes = f" {_task_attributes(rng, topics)}" if rng.random() < told else ""
        moments.append((minute, text + attributes))

    happens(f"task-queue.entered {task} {rng.choice(('L1', 'L2'))}", told=0.9)
    happens(f"task.created {task}")
    for leg in range(rng.randint(0, 2)):
        offer = f"R{10 * number + 2 * leg + 1} {task} {rng.choice(AGENTS)}"
        happens(f"reservation.created {offer}")
        if rng.random() < 0.3:
            refusal = rng.choice(("timeout", "rejected", "canceled", "rescinded"))
            happens(f"reservation.{refusal} {offer}")
            continue
        happens(f"reservation.accepted {offer}")
        if rng.random() < 0.4:
            mode = rng.choice(("cold", "warm"))
            happens(f"task.transfer-initiated {offer.split()[0]} {mode} queue=L2")
            happens(f"task-queue.entered {task} L2")
            if rng.random() < 0.4:
                ending = rng.choice(("failed", "canceled", "completed"))
                happens(f"task.transfer-{ending} {task}")
        happens(f"reservation.wrapup {offer}")
        happens(f"reservation.completed {offer}")
    if rng.random() < 0.8:
        end = rng.choice(("completed", "canceled", "completed", "deleted"))
        happens(f"task.{end} {task} reason={rng.choice(('done', 'hangup'))}")
    for _ in range(rng.randint(0, 3)):
        happens(f"task.updated {task}", told=1)
    return moments


def _task_attributes(rng, topics):
    """A YAML mapping of links and of what is told about the customer."""
    one_of = rng.choice
    values = {
        "call_sid": f"$CA{one_of((1, 2))}",
        "flexInteractionSid": f"$KD{one_of((1, 2))}",
        "previous_task_sid": f"$T{rng.randint(1, 5)}",
        "from": one_of(("'+14155550101'", "'+14155550102'", "anonymous")),
        "direction": one_of(("inbound", "outbound")),
        "customers": f"{{external_id: crm-{one_of((1, 2))}, name: {one_of(('Zoë', 'Max'))}}}",
    }
    cases = (f"$T{rng.randint(1, 5)}", f"$T{rng.randint(1, 5)}", "case 1", "case 2", "$CA1", "$KD1")
    of_conversations = {
        "conversation_id": one_of((*cases, "''")),
        "outcome": one_of(("sold", "lost")),
        "abandoned": "'Yes'",
    }
    told = rng.sample(topics, rng.randint(1, len(topics)))
    pairs = [f"{topic}: {values[topic]}" for topic in told if topic in values]
    inner = [f"{key}: {of_conversations[key]}" for key in told if key in of_conversations]
    return "{" + ", ".join(pairs + [f"conversations: {{{', '.join(inner)}}}"] * bool(inner)) + "}"


def _life_of_agent(rng, agent):
    minute, moments = rng.choice((0, 1)) * 24 * 60 + 470, []
    for _ in range(rng.randint(0, 4)):
        minute += rng.randint(0, 40)
        team = f" {{team_id: t{rng.randint(1, 2)}, team_name: {rng.choice(('Red', 'Blue'))}}}"
        kind = rng.choice(("created", "activity.update", "activity.update", "deleted"))
        activity = "" if kind == "deleted" else f" {rng.choice(('Available', 'Break'))}"
        moments.append((minute, f"worker.{kind} {agent}{activity}{rng.choice(('', team))}"))
    return moments


def absurd_history(title, seed, loads):
    """A random history of which a few events say what cannot be.

    They name the SIDs of others, claim another type, version, time or account, carry what is no
    attributes, or come twice with different content. The same arguments give the same history.
    """
    history, rng = random_history(title, seed, loads), random.Random(f"absurd {seed}")
    lines = history["events"].splitlines()
    for number in range(rng.choice((1, 1, 2, 3, 5))):
        place = rng.randrange(len(lines))
        absurd = _absurd(rng, lines[place], lines)
        if rng.random() < 0.25:
            # the same event as it was too, in any load
            lines.append(f"{rng.randint(1, loads)} | " + _named(lines[place], number).partition(" | ")[2])
            absurd = _named(absurd, number)
        lines[place] = absurd
    return {**history, "proves": "what cannot be", "events": "\n".join(lines) + "\n"}


SIDS = (
    "$T1", "$T2", "$T3", "$R1", "$R3", "$R11", "$WK:John", "$WK:Alba", "$WK:Nobody", "$WQ:L1",
    "$WQ:L2", "$WA:Break", "$WS:elsewhere", "$CA1", "-",
)
SID_FIELDS = (
    *("reservation_sid", "reservation_sid", "task_sid", "task_sid", "worker_sid", "worker_sid"),
    *("task_queue_sid", "worker_activity_sid", "workspace_sid", "workflow_sid"),
    *("task_transfer_sid", "transfer_initiating_reservation_sid", "transfer_initiating_worker_sid"),
)
TYPES = (
    *(f"task.{verb}" for verb in (
        "created", "updated", "canceled", "wrapup", "completed", "deleted", "transfer-initiated",
        "transfer-failed", "transfer-canceled", "transfer-completed", "of-the-future",
    )),
    *("task-queue.entered", "task-queue.moved", "task-queue.timeout", "workflow.entered"),
    *(f"reservation.{verb}" for verb in (
        "created", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapup",
        "completed", "failed", "of-the-future",
    )),
    *(f"worker.{verb}" for verb in (
        "created", "deleted", "activity.update", "attributes.update", "of-the-future",
    )),
)
NUMBERS = ("-1", "0", "1.5", "x", "9223372036854775807", "9223372036854775808", "1" * 40, "-")
MOMENTS = (
    "1970-01-01T00:00:00", "2007-12-31T23:59:59.999", "2008-01-01T00:00:00",
    "2099-12-31T23:59:59.999", "2100-01-01T00:00:00", "9999-12-31T23:59:59",
)
TEXTS = ("[]", "x", "-", "'{}'", '\'{"conversations": []}\'', '\'{"conversations": "x"}\'')
ATTRIBUTES = (
    "conversations: {conversation_id: '$WK:John'}", "conversations: {conversation_id: $R1}",
    "previous_task_sid: $R1", "previous_task_sid: '$WK:Alba'", "call_sid: $T1",
    "flexInteractionSid: $T2", "flexInteractionSid: [1]", "transfer_sid: $T1",
    "conversations: {kind: Queue, abandoned: 'Yes'}",
    "conversations: {kind: Conversation in Progress, queue_time: -1, order: 1e300}",
    "conversations: {talk_time: 1e15, wrap_up_time: x, ring_time: 0.5, hold_time: true}",
    "conversations: {abandoned: ' ', abandoned_phase: Callback Request, direction: sideways}",
    "conversations: {handling_team_id: t1, queue: '', ivr_time: 9}, customers: {phone: $T1}",
    "team_id: t1, team_name: {a: 1}, roles: [1, {}], full_name: [], state: Deleted",
)


def _absurd(rng, line, lines):
    """The line with one thing changed."""
    kind = rng.choice((
        "sid", "sid", "sid", "type", "type", "time", "time", "number", "text", "attributes", "account"
    ))
    loads, _, event = line.partition(" | ")
    clock, _, rest = event.partition(" ")
    if kind == "time":
        other = rng.choice(lines).partition(" | ")[2].split()[0]
        clock = rng.choice((*MOMENTS, other, other, other, other))
    if kind == "attributes":
        rest = rest.partition(" {")[0] + f" {{{rng.choice(ATTRIBUTES)}}}"
    option = {
        "sid": lambda: f"{rng.choice(SID_FIELDS)}={rng.choice(SIDS)}",
        "type": lambda: f"type={rng.choice(TYPES)}",
        "number": lambda: rng.choice((
            "task_version", "reservation_version", "worker_version", "task_queue_entered_date",
            "worker_time_in_previous_activity_ms",
        )) + f"={rng.choice(NUMBERS)}",
        "text": lambda: rng.choice(("task_attributes", "worker_attributes")) + f"={rng.choice(TEXTS)}",
        "account": lambda: "account=B",
    }.get(kind)
    return _with_option(f"{loads} | {clock} {rest}", option() if option else "")


def _named(line, number):
    return _with_option(line, f"id=same{number}")


def _with_option(line, option):
    head, brace, tail = line.partition(" {")
    return f"{head} {option}".rstrip() + brace + tail


SWAPPED = (
    "TaskSid", "ReservationSid", "WorkerSid", "TaskQueueSid", "WorkerActivitySid", "WorkspaceSid",
    "EventType", "TimestampMs", "TaskAttributes", "WorkerAttributes", "TaskVersion", "Sid",
    "WorkerPreviousActivityName", "WorkerTimeInPreviousActivityMs", "TaskQueueEnteredDate",
)


def absurd_lines(rng, lines):
    """Webhook events as JSON texts, of which one or two in a hundred say what cannot be.

    Each of these takes the value of another event's field, of the same name or of another, is of
    another time or version, or comes a second time with that change.
    """
    events = [json.loads(line) for line in lines]
    written = []
    for event in events:
        if rng.random() >= 0.015:
            written.append(event)
            continue
        field = rng.choice(SWAPPED)
        own = field if rng.random() < 0.7 else rng.choice(SWAPPED)
        changed = {**event, field: rng.choice(events).get(own, "")}
        if rng.random() < 0.1:
            moment = datetime.fromisoformat(rng.choice(MOMENTS)).replace(tzinfo=timezone.utc)
            changed["TimestampMs"] = str(round(moment.timestamp() * 1000))
        if rng.random() < 0.1:
            changed[rng.choice(("TaskVersion", "ReservationVersion"))] = rng.choice(NUMBERS)
        written += [event, changed] if rng.random() < 0.25 else [changed]
    return [json.dumps(event, ensure_ascii=False) for event in written]
