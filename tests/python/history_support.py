"""Histories as data: the same events, come in several loads.

A history (``tests/histories/*.yml``, a list) is a scenario as scenario_support.py describes it, with

``proves``   what must not matter, in words (in the place of ``rule``)
``events``   one event a line, as in a scenario, each with the loads that bring it in front of a bar:
             ``1 | …``; ``1,3 | …`` brings it twice; ``2:rest | …`` in that form; ``2:rest- | …``
             with attributes redacted. Lines without a bar are told apart by ``split``
``split``    one of SPLITS, into as many ``loads`` as it says
``expect``   number of a load → mart → rows after that load, as in a scenario

Events stand in causal order, whatever the loads. Load k of all histories is one run: every history
has accounts of its own, and what is compared in the end is the whole of every mart.
"""

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import duckdb
from scenario_forms import FORMS, write_events
from scenario_support import PROJECT, read_scenarios
from scenario_timeline import Timeline

from scripts.load_events import load_events
from scripts.progress import Progress
from scripts.run_dbt import build_marts
from scripts.settings import Settings

HISTORIES = PROJECT / "tests" / "histories"
# They tell how the loads went, which is not the same by their nature.
ABOUT_LOADS = ("audit_events", "audit_rejects", "data_freshness")
ATTRIBUTES = ("task_attributes", "worker_attributes")
TELLING = ("kind", "task_sid", "reservation_sid", "worker_sid", "started_at", "conversation_id",
           "customer_id", "task_queue_sid", "activity", "team_id", "department_id", "date_key")
SHOWN_ROWS = 5


# -- histories → deliveries: (number of the load, neutral event)


def read_histories(folder=HISTORIES):
    """All histories of the folder's files; titles must be unique."""
    return read_scenarios(folder)


def scenarios_as_histories(loads):
    """Every scenario as a history of so many loads; ways to split them take turns."""
    splits = sorted(set(SPLITS) - {"one by one"})
    return [
        {
            **scenario,
            "title": f"scenario: {scenario['title']}",
            "split": splits[position % len(splits)],
            "loads": loads,
            "expect": {},
        }
        for position, scenario in enumerate(read_scenarios())
    ]


def play(history, number=0):
    """(deliveries, short names) of a history; its number decides which form comes first."""
    timeline = Timeline(history)
    plain, deliveries = [], []
    for line in spelled_out(history):
        loads, line = re.fullmatch(r"(?:\s*([\w:,-]+)\s+\|)?(.*)", line).groups()
        known = len(timeline.events)
        timeline.play(line)
        for event in timeline.events[known:]:
            form = history.get("form", FORMS[(number + known) % 3])
            if form == "mixed":
                form = FORMS[known % 3]
            event = {**event, "form": event["form"] or form}
            if loads:
                deliveries += [delivered(event, text) for text in loads.split(",")]
            else:
                plain.append(event)
    if plain:
        split = SPLITS[history["split"]]
        deliveries += split(plain, history.get("loads", 3), random.Random(history["title"]))
    return deliveries, timeline.names


def spelled_out(history):
    """The lines of a history's events, repeated as often as it says."""
    lines = [line for line in history["events"].splitlines() if line.strip()]
    for i in range(1, history.get("repeat", 1) + 1):
        for line in lines:
            yield line.replace("<i>", str(i)).replace("<i-1>", str(i - 1))


def delivered(event, text):
    """A delivery as it stands before the bar: ``2``, ``2:rest`` or ``2:rest-``."""
    load, form, redacted = re.fullmatch(r"(\d+)(?::(\w+))?(-?)", text).groups()
    event = {**event, "form": form or event["form"]}
    return int(load), (without_attributes(event) if redacted else event)


def without_attributes(event):
    """A copy as the REST API lists it after 30 days."""
    fields = {field: "" if field in ATTRIBUTES else v for field, v in event["fields"].items()}
    return {**event, "fields": fields}


def by_time(events, loads, rng):
    ordered = sorted(events, key=lambda event: event["ms"])
    return [(1 + i * loads // len(ordered), event) for i, event in enumerate(ordered)]


def reversed_in_time(events, loads, rng):
    return [(loads + 1 - load, event) for load, event in by_time(events, loads, rng)]


def by_task(events, loads, rng):
    """A task, or all of a worker, is in one load; several may share it."""
    names = [e["fields"].get("task_sid") or e["fields"].get("worker_sid") or "" for e in events]
    places = {name: 1 + place % loads for place, name in enumerate(dict.fromkeys(names))}
    return [(places[name], event) for name, event in zip(names, events)]


def by_form(events, loads, rng):
    """What a webhook got, what the REST API listed and what Event Streams brought, in turn."""
    return [(1 + i % min(3, loads), {**e, "form": FORMS[i % 3]}) for i, e in enumerate(events)]


def by_kind(events, loads, rng):
    """Events of a type are in one load: reservations without tasks, say."""
    kinds = sorted({event["type"] for event in events})
    rng.shuffle(kinds)
    return [(1 + kinds.index(event["type"]) % loads, event) for event in events]


def one_by_one(events, loads, rng):
    return [(1 + i, event) for i, event in enumerate(events)]


def doubled(events, loads, rng):
    """Everything comes again in the next load, in another form."""
    first = by_time(events, loads, rng)
    again = [(load % loads + 1, {**e, "form": next_form(e["form"])}) for load, e in first]
    return first + again


def at_random(events, loads, rng):
    """Any event in any load, some several times and in several forms."""
    deliveries = []
    for event in events:
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            deliveries.append((rng.randint(1, loads), {**event, "form": rng.choice(FORMS)}))
    return deliveries


def next_form(form):
    return FORMS[(FORMS.index(form) + 1) % 3]


SPLITS = {
    "by time": by_time,
    "reversed": reversed_in_time,
    "by task": by_task,
    "by form": by_form,
    "by kind": by_kind,
    "one by one": one_by_one,
    "doubled": doubled,
    "at random": at_random,
}


# -- histories of chance


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


AGENTS = ("John", "Alba")
# What the attributes of a history are about.
TOPICS = (
    "call_sid", "flexInteractionSid", "previous_task_sid", "conversation_id", "conversation_id",
    "from", "direction", "customers", "outcome", "abandoned",
)


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


def write_loads(deliveries, folder):
    """Write load k to ``folder/k``; returns the folders in order of the loads."""
    loads = defaultdict(list)
    for load, event in deliveries:
        loads[load].append(event)
    for load in range(1, max(loads) + 1):
        write_events(loads[load], folder / f"{load:02}")
    return [folder / f"{load:02}" for load in range(1, max(loads) + 1)]


# -- the project


def load_and_build(events, data):
    """One run of the project as far as the marts; gives the database.

    Publishing is left out: hundreds of accounts would be as many files. Raises DbtError.
    """
    settings = Settings(str(events), data)
    load_events(settings.events, settings.data)
    build_marts(settings, Progress())
    return settings.database


def full_refresh(data, into):
    """A copy of a data folder, its marts built anew; gives the database.

    Raises AssertionError with dbt's output if that fails.
    """
    shutil.copytree(data, into)
    settings = Settings("", into)
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--full-refresh"]
    dbt += ["--exclude-resource-type", "unit_test"]
    dbt += ["--log-path", str(settings.logs), "--target-path", str(settings.target)]
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run(dbt, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"dbt build failed\n{done.stdout}\n{done.stderr}"
    return settings.database


# -- comparison


def read_tables(database, about_loads=False, schema="marts"):
    """Every mart as {table: (columns with their types, rows in a fixed order)}."""
    tables = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = $1 order by 1", [schema]
        ).fetchall()
        for (name,) in names:
            if name in ABOUT_LOADS and not about_loads:
                continue
            cursor = connection.execute(f"select * from {schema}.{name} order by all")
            tables[name] = [column[:2] for column in cursor.description], cursor.fetchall()
    return tables


def differences(one, other):
    """How the tables of read_tables differ: {account, or '' for shared tables: [line, …]}."""
    found = defaultdict(list)
    for name in sorted(set(one) | set(other)):
        columns, rows = one.get(name, ([], []))
        other_columns, other_rows = other.get(name, ([], []))
        if columns != other_columns:
            found[""].append(f"{name}: columns {columns} | {other_columns}")
            continue
        for account, lines in _differing_rows([c[0] for c in columns], rows, other_rows).items():
            found[account] += [f"{name}: {line}" for line in lines]
    return found


def _differing_rows(columns, rows, other_rows):
    """{account: lines} for rows that only one side has; rows that resemble each other in one line."""
    if rows == other_rows:
        return {}
    place = columns.index("account_sid") if "account_sid" in columns else None
    only, other_only = _surplus(rows, other_rows), _surplus(other_rows, rows)
    found = defaultdict(list)
    for row in only:
        account = row[place] if place is not None else ""
        twins = [o for o in other_only if place is None or o[place] == account]
        twin = min(twins, key=lambda o: sum(a != b for a, b in zip(row, o)), default=None)
        if twin is None or 2 * sum(a == b for a, b in zip(row, twin)) < len(row):
            found[account].append(f"only the first has {_shown(columns, row)}")
            continue
        other_only.remove(twin)
        wrong = [f"{c}: {a} | {b}" for c, a, b in zip(columns, row, twin) if a != b]
        found[account].append(f"{_shown(columns, row)} differs: {', '.join(wrong)}")
    for row in other_only:
        account = row[place] if place is not None else ""
        found[account].append(f"only the second has {_shown(columns, row)}")
    return found


def _surplus(rows, others):
    """Rows that are not among the others, or not as often."""
    left = defaultdict(int)
    for row in others:
        left[row] += 1
    surplus = []
    for row in rows:
        left[row] -= 1
        if left[row] < 0:
            surplus.append(row)
    return surplus


def _shown(columns, row):
    told = [f"{c}: {v}" for c, v in zip(columns, row) if c in TELLING and v is not None]
    return "{" + ", ".join(told or map(str, row)) + "}"


def explained(history, names, lines):
    """Text for a failed comparison: the history and its differing rows, SIDs by their short names."""
    text = "\n".join(lines[:SHOWN_ROWS])
    for sid, short in names.short.items():
        text = text.replace(sid, short)
    more = [f"and {len(lines) - SHOWN_ROWS} more"] if len(lines) > SHOWN_ROWS else []
    split = f"split {history['split']} into {history.get('loads', 3)}" if "split" in history else ""
    head = [f"{history['title']}", f"events: {split}", history["events"].rstrip()]
    return "\n".join([*head, text, *more])


def accounts_of(names):
    return [sid for sid in names.short if sid.startswith("AC")]


def fingerprint(folder):
    """{path: (hash of its bytes, modification time)} of every file below a folder."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
