"""Event lines of scenarios → neutral events: snake_case fields, as a real event carries them.

An event line is ``[x] time type words… {attributes}``:

- ``x``: it happened, but was never collected. Time: ``HH:MM:SS[.mmm]`` of DAY, ``2d`` before it
  adds days, ``+90s`` after it adds seconds, or an ISO time.
- words: ``T1`` task and ``R1`` reservation (by default the ones last named); a bare word is the
  queue of queue events, the worker of reservation and worker events (a second one his activity);
  ``cold warm``; ``queue= worker= reason= transfer=X1`` and any ``field=text`` of the event, for
  this event only; ``field=-`` leaves a field out, ``id=E1`` names the event, ``form=`` and
  ``account=B`` choose, ``type=task.created`` is the type that the event claims in the place of its own.
- attributes are merged into the task's (of worker events: the worker's) from then on. ``$T1``,
  ``$CA7``, ``$KD1`` in them and in fields become SIDs, ``$WK:John`` that of the worker John;
  ``!times [x, 200]`` repeats a text.

Whatever a real event carries is filled in from what happened before: queue, attributes, versions,
previous activity, transfer keys.
"""

import copy
import hashlib
import json
import re
import shlex
from datetime import datetime, timedelta, timezone

import yaml

DAY = datetime(2024, 3, 5, tzinfo=timezone.utc)
VOICE_ATTRIBUTES = {"from": "+14155550100", "to": "+18005550199", "direction": "inbound"}
EVENT_LINE = re.compile(r"\s*(x )?([-\d]+d)?(\d+:\d+:\d+|\d{4}-\d+-\d+T\S+) ?")
# What a scenario may say about its events, apart from the events themselves
SETTINGS = {
    "channel", "workflow", "attributes", "tasks", "workers", "form", "time_zone", "vars", "repeat",
}


class ScenarioError(AssertionError):
    """An event line that cannot be read; the message names scenario and line."""


class ScenarioLoader(yaml.SafeLoader):
    """YAML without surprises: Yes, No and 07:21:33 are text."""


ScenarioLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("merge", r"<<", "<"),
    ("null", r"~|", ["~", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]*\.[0-9]+(e[-+]?[0-9]+)?", "-+.0123456789"),
):
    ScenarioLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first)
    )


def _repeated(loader, node):
    text, times = loader.construct_sequence(node)
    return str(text) * int(times)


ScenarioLoader.add_constructor("!times", _repeated)


def read_yaml(text):
    """The value of a YAML text; Yes and No stay text."""
    return yaml.load(text, ScenarioLoader)


def parse_time(text, day=DAY):
    """``[Nd]HH:MM:SS[.mmm][+Ns]`` or an ISO time → aware datetime in UTC."""
    text, _, plus = str(text).partition("+")
    days, _, clock = text.rpartition("d")
    if re.match(r"\d{4}-", clock):
        moment = datetime.fromisoformat(clock).replace(tzinfo=timezone.utc)
    else:
        hours, minutes, seconds = clock.split(":")
        moment = day + timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return moment + timedelta(days=int(days or 0), seconds=int(plus.rstrip("s") or 0))


class Names:
    """Short names of one scenario ↔ SIDs that no other scenario has."""

    def __init__(self, title):
        self.title = title
        self.short = {}

    def sid(self, prefix, short):
        """The SID of a short name; SIDs sort like the numbers in the names (T2 before T10)."""
        digest = hashlib.md5(f"{self.title}|{short}".encode()).hexdigest()
        number = re.search(r"\d*$", short).group()
        sid = f"{prefix}{number:0>4}{digest[:28]}"
        self.short[sid] = short
        return sid

    def account(self, label):
        digest = hashlib.md5(f"{label}|{self.title}".encode()).hexdigest()
        sid = f"AC{digest}"
        self.short[sid] = label
        return sid

    def spell_out(self, value):
        """Replace ``$T1``, ``$CA7`` … anywhere in a nested value by SIDs."""
        if isinstance(value, dict):
            return {self.spell_out(k): self.spell_out(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.spell_out(item) for item in value]
        if isinstance(value, str) and re.fullmatch(r"\$[A-Z]+\d+", value):
            short = value[1:]
            prefixes = {"T": "WT", "R": "WR", "X": "TT"}
            letters = short.rstrip("0123456789")
            return self.sid(prefixes.get(letters, letters), short)
        if isinstance(value, str) and re.fullmatch(r"\$[A-Z]{2}:\w+", value):
            return self.sid(*value[1:].split(":"))
        return value


def merge(old, new):
    """A deep copy of the mapping ``old`` with the values of ``new`` laid over it."""
    merged = copy.deepcopy(old)
    for key, value in new.items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


class Timeline:
    """Turns event lines into neutral events (snake_case fields), keeping what happened so far."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.names = Names(scenario["title"])
        self.tasks, self.reservations, self.workers = {}, {}, {}
        self.task_name, self.events = "T1", []

    def run(self):
        lines = list(enumerate(self.scenario["events"].splitlines()))
        for i in range(1, self.scenario.get("repeat", 1) + 1):
            for number, line in lines:
                if line.strip():
                    self.play_or_name(line.replace("<i>", str(i)).replace("<i-1>", str(i - 1)), number)
        return self.events

    def play_or_name(self, line, number):
        """Play a line. Raises ScenarioError with the line's place if that fails."""
        try:
            self.play(line)
        except Exception as error:
            title, file = self.scenario["title"], self.scenario.get("file", "")
            first = self.scenario.get("line")
            place = f"line {first + number}" if first else f"event line {number + 1}"
            message = f"{file}, {place} ({title}): cannot read `{line}`: {error!r}"
            raise ScenarioError(message) from error

    def play(self, line):
        head, brace, tail = line.strip().partition(" {")
        attributes = self.names.spell_out(read_yaml("{" + tail)) if brace else {}
        words = shlex.split(head, comments=True)
        collected = words[0] != "x"
        time, kind, *words = words if collected else words[1:]
        event = {"ms": round(parse_time(time).timestamp() * 1000), "type": kind}
        options = dict(word.split("=", 1) for word in words if "=" in word)
        words = [word for word in words if "=" not in word]
        event["id"] = self.names.sid("EV", options.pop("id", f"event {len(self.events)} {line}"))
        account = options.pop("account", "A")
        event["account"] = "" if account == "-" else self.names.account(account)
        event["form"] = options.pop("form", None)
        claimed = options.pop("type", kind)
        group = kind.partition(".")[0]
        if group == "worker":
            fields = self.worker_event(event, words, options, attributes)
        else:
            fields = self.task_event(event, words, options, attributes)
        for field, text in options.items():
            fields[field] = self.names.spell_out(text)
        workspace = self.names.sid("WS", "workspace")
        fields = {"workspace_sid": workspace, "workspace_name": "Flex Task Assignment", **fields}
        event["fields"] = {k: v for k, v in fields.items() if v not in (None, "-")}
        event["type"] = claimed
        if collected:
            self.events.append(event)

    # -- workers

    def worker(self, name):
        if name not in self.workers:
            given = (self.scenario.get("workers") or {}).get(name, {})
            attributes = {"contact_uri": f"client:{name.lower()}", **self.names.spell_out(given)}
            self.workers[name] = {"attributes": attributes, "version": 0}
        return self.workers[name]

    def worker_fields(self, name):
        worker = self.worker(name)
        fields = {
            "worker_sid": self.names.sid("WK", name),
            "worker_name": name,
            "worker_attributes": json.dumps(worker["attributes"], ensure_ascii=False),
            "worker_version": worker["version"],
        }
        if "activity" in worker:
            fields["worker_activity_name"] = worker["activity"]
            fields["worker_activity_sid"] = self.names.sid("WA", worker["activity"])
        return fields

    def worker_event(self, event, words, options, attributes):
        name = words[0]
        worker = self.worker(name)
        worker["version"] += 1
        worker["attributes"] = merge(worker["attributes"], attributes)
        previous = {}
        if len(words) > 1:
            if "activity" in worker and event["type"] == "worker.activity.update":
                lasted = event["ms"] - worker["since"]
                previous = self.previous_activity(worker["activity"], lasted)
            worker["activity"], worker["since"] = words[1], event["ms"]
        if "previous" in options:
            lasted = float(options.pop("lasted", 0)) * 1000
            previous = self.previous_activity(options.pop("previous"), round(lasted))
        event["resource"] = "worker"
        return {**self.worker_fields(name), **previous}

    def previous_activity(self, activity, lasted):
        return {
            "worker_previous_activity_name": activity,
            "worker_previous_activity_sid": self.names.sid("WA", activity),
            "worker_time_in_previous_activity": lasted // 1000,
            "worker_time_in_previous_activity_ms": lasted,
        }

    # -- tasks

    def task(self, name, event):
        if name not in self.tasks:
            given = (self.scenario.get("tasks") or {}).get(name, {})
            plain = self.scenario.get("attributes", VOICE_ATTRIBUTES)
            attributes = self.names.spell_out(given.get("attributes", plain))
            self.tasks[name] = {
                "attributes": copy.deepcopy(attributes),
                "channel": given.get("channel", self.scenario.get("channel", "voice")),
                "workflow": given.get("workflow", self.scenario.get("workflow", "Assign")),
                "created": event["ms"],
                "version": 0,
            }
        return self.tasks[name]

    def task_fields(self, name):
        task = self.tasks[name]
        fields = {
            "task_sid": self.names.sid("WT", name),
            "task_attributes": json.dumps(task["attributes"], ensure_ascii=False),
            "task_priority": 0,
            "task_version": task["version"],
            "task_date_created": task["created"],
            "task_channel_unique_name": task["channel"],
            "task_channel_sid": self.names.sid("TC", task["channel"]),
            "workflow_sid": self.names.sid("WW", task["workflow"]),
            "workflow_name": task["workflow"],
        }
        if "queue" in task:
            fields["task_queue_sid"] = self.names.sid("WQ", task["queue"])
            fields["task_queue_name"] = task["queue"]
            fields["task_queue_entered_date"] = task["entered"]
        return fields

    def task_event(self, event, words, options, attributes):
        group, _, verb = event["type"].partition(".")
        reservation_name = next((w for w in words if re.fullmatch(r"R\d+", w)), None)
        known = self.reservations.get(reservation_name)
        named = next((w for w in words if re.fullmatch(r"T\d+", w)), None)
        self.task_name = named or (known["task"] if known else self.task_name)
        task = self.task(self.task_name, event)
        task["version"] += 1
        task["attributes"] = merge(task["attributes"], attributes)
        bare = [w for w in words if not re.fullmatch(r"[TR]\d+|cold|warm", w)]
        event["resource"] = group.replace("-", "")
        if group == "task-queue" and verb in ("entered", "moved"):
            queue = bare[0] if bare else options.get("queue", task.get("queue"))
            options.pop("queue", None)
            task["queue"], task["entered"] = queue, event["ms"]
        fields = {}
        if verb == "transfer-initiated":
            mode = "WARM" if "warm" in words else "COLD"
            task["transfer"] = self.open_transfer(mode, known, options)
        if verb.startswith("transfer-"):
            status = verb.removeprefix("transfer-")
            fields = {**task.get("transfer", {}), "transfer_status": status}
        if group == "reservation":
            fields = self.reservation_fields(reservation_name, bare, event, options)
        fields = {**self.task_fields(self.task_name), **fields}
        if verb in ("transfer-failed", "transfer-canceled", "transfer-completed"):
            task.pop("transfer", None)
        return fields

    def open_transfer(self, mode, initiating, options):
        worker, queue = options.pop("worker", None), options.pop("queue", None)
        to = self.names.sid("WK", worker) if worker else self.names.sid("WQ", queue)
        transfer = {
            "task_transfer_sid": self.names.sid("TT", options.pop("transfer", "X1")),
            "transfer_type": "WORKER" if worker else "QUEUE",
            "transfer_mode": mode,
            "transfer_to": to,
            "transfer_status": "initiated",
        }
        if initiating:
            worker_sid = self.names.sid("WK", initiating["worker"])
            transfer["transfer_initiating_worker_sid"] = worker_sid
            transfer["transfer_initiating_reservation_sid"] = initiating["sid"]
        return transfer

    def reservation_fields(self, name, bare, event, options):
        worker = options.pop("worker", bare[0] if bare else None)
        if name not in self.reservations:
            self.reservations[name] = {
                "task": self.task_name,
                "worker": worker,
                "sid": self.names.sid("WR", name),
                "version": 0,
                "transfer": self.tasks[self.task_name].get("transfer", {}),
            }
        reservation = self.reservations[name]
        reservation["version"] += 1
        return {
            "reservation_sid": reservation["sid"],
            "reservation_version": reservation["version"],
            **self.worker_fields(reservation["worker"]),
            **reservation["transfer"],
        }
