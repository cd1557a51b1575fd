"""Histories as data: the same events, come in several loads.

A history (``tests/histories/*.yml``, a list) is a scenario as scenario_support.py has it, with

``proves``   what must not matter, in words (in the place of ``rule``)
``events``   one event a line, as in a scenario, behind a bar and the loads that bring it:
             ``1 | …``; ``1,3 | …`` brings it twice; ``2:rest | …`` in that form; ``2:rest- | …``
             with attributes redacted. Lines without a bar are told apart by ``split``
``split``    one of SPLITS, into as many ``loads`` as it says
``expect``   number of a load → mart → rows after that load, as in a scenario

Events stand in causal order, whatever the loads. Load k of all histories is one run: every history
has accounts of its own, and what is compared in the end is the whole of every mart.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from scenario_forms import FORMS, write_events
from scenario_support import PROJECT, read_scenarios
from scenario_timeline import Timeline

from flex_insights.load_events import load_events
from flex_insights.progress import Progress
from flex_insights.run_dbt import build_marts
from flex_insights.settings import Settings

HISTORIES = PROJECT / "tests" / "histories"
ATTRIBUTES = ("task_attributes", "worker_attributes")
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


def write_loads(deliveries, folder):
    """Write load k to ``folder/k``; returns the folders in order of the loads."""
    loads = defaultdict(list)
    for load, event in deliveries:
        loads[load].append(event)
    for load in range(1, max(loads) + 1):
        write_events(loads[load], folder / f"{load:02}")
    return [folder / f"{load:02}" for load in range(1, max(loads) + 1)]


# -- the project


def load_and_build(events, data, time_zone="UTC"):
    """One run of the project as far as the marts; gives the database.

    Publishing is left out: hundreds of accounts would be as many files. Raises DbtError.
    """
    settings = Settings(str(events), data, reporting_time_zone=time_zone)
    load_events(settings.events, settings.data)
    build_marts(settings, Progress())
    return settings.database


def full_refresh(data, into):
    """A copy of a data folder, its marts rebuilt; gives the database.

    Raises AssertionError with dbt's output if that fails.
    """
    shutil.copytree(data, into)
    return run_dbt(into, "run", "--full-refresh")


def run_dbt(data, *arguments):
    """Runs dbt as somebody would by hand; gives the database.

    Raises AssertionError with dbt's output if that fails.
    """
    settings = Settings("", data)
    dbt = [Path(sys.executable).with_name("dbt"), *arguments]
    dbt += ["--log-path", str(settings.logs), "--target-path", str(settings.target)]
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run(dbt, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"dbt failed\n{done.stdout}\n{done.stderr}"
    return settings.database


def times_built_anew(data):
    """How often dbt's log says that everything was rebuilt."""
    logs = [path.read_text("utf-8") for path in (data / "logs").glob("dbt.log*")]
    return sum(log.count("Rebuilding everything") for log in logs)


# -- what to tell


def explained(history, names, lines):
    """Text for a failed comparison: the history and its differing rows, SIDs by short names."""
    text = "\n".join(lines[:SHOWN_ROWS])
    for sid, short in names.short.items():
        text = text.replace(sid, short)
    more = [f"and {len(lines) - SHOWN_ROWS} more"] if len(lines) > SHOWN_ROWS else []
    split = f"split {history['split']} into {history.get('loads', 3)}" if "split" in history else ""
    head = [f"{history['title']}", f"events: {split}", history["events"].rstrip()]
    return "\n".join([*head, text, *more])


def accounts_of(names):
    """The accounts that a history has for itself."""
    return [sid for sid in names.short if sid.startswith("AC")]
