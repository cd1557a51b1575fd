"""Scenarios as data: a few readable lines of events in, the expected rows of the marts out.

A scenario (``tests/scenarios/*.yml``, a list) is a mapping:

``title``       unique; account and SIDs are made from it, so that no scenario sees another
``rule``        the rule it proves, in words
``channel``, ``workflow``, ``attributes``   of every task (``attributes`` replaces the default ones)
``tasks``, ``workers``   by short name: what differs (``T2: {channel: chat, attributes: {…}}``,
                for workers their attributes)
``form``        webhook, rest, event_streams or mixed; by default they rotate
``time_zone``, ``vars``   reporting zone and dbt variables, if not the default ones
``repeat``      n: the events are written n times with ``<i>`` and ``<i-1>`` replaced by numbers
``events``      one event a line
``expect``      mart (see MARTS) → list of rows; a row lists the columns that matter, ``count: n``
                stands for n such rows, the row ``also: any`` allows rows that are not listed, the
                row ``only: {column: value}`` leaves only the mart's rows that have it

How an event line reads is told in scenario_timeline.py. Rows are compared in words: SIDs and keys
are shown by the short names of the scenario.
"""

import json
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import duckdb
from scenario_forms import FORMS
from scenario_timeline import Timeline, parse_time, read_yaml

PROJECT = Path(__file__).resolve().parents[2]
SCENARIOS = PROJECT / "tests" / "scenarios"
MARTS = {
    "segments": "fct_segments",
    "conversations": "fct_conversations",
    "workload": "fct_workload",
    "customers": "dim_customers",
    "agents": "dim_agents",
    "agent_history": "dim_agent_history",
    "activities": "dim_activities",
    "queues": "dim_queues",
    "teams": "dim_teams",
    "departments": "dim_departments",
    "service_level": "agg_service_level_half_hour",
    "workload_quarter_hours": "agg_workload_quarter_hour",
}
# A key of a mart is shown as what its row is called: readable column → (key, mart, name column).
NAMED_KEYS = {
    "agent": ("agent_key", "agents", "worker_sid"),
    "first_agent": ("first_agent_key", "agents", "worker_sid"),
    "last_agent": ("last_agent_key", "agents", "worker_sid"),
    "customer": ("customer_key", "customers", "customer_id"),
    "queue_row": ("queue_key", "queues", "task_queue_sid"),
    "first_queue": ("first_queue_key", "queues", "task_queue_sid"),
    "last_queue": ("last_queue_key", "queues", "task_queue_sid"),
    "handling_team": ("handling_team_key", "teams", "team_id"),
    "handling_department": ("handling_department_key", "departments", "department_id"),
    "activity_row": ("activity_key", "activities", "activity"),
    "transferred_from": ("transferred_from_segment_key", "segments", "reservation_sid"),
    "answered_by": ("answered_by_segment_key", "segments", "reservation_sid"),
    "segment": ("segment_key", "segments", "reservation_sid"),
}
SHORT_COLUMNS = {
    "task": "task_sid",
    "reservation": "reservation_sid",
    "queue": "queue_name",
    "start": "started_at",
    "end": "ended_at",
}


def read_scenarios(folder=SCENARIOS):
    """All scenarios of the folder's files as a list of mappings; titles must be unique."""
    scenarios = []
    for path in sorted(folder.glob("*.yml")):
        for scenario in read_yaml(path.read_text(encoding="utf-8")) or []:
            scenarios.append({**scenario, "file": path.name})
    titles = [scenario["title"] for scenario in scenarios]
    doubled = {title for title in titles if titles.count(title) > 1}
    assert not doubled, f"titles used twice: {doubled}"
    return scenarios


def play_all(scenarios):
    """Play every scenario: (events of all, title → Names)."""
    events, names = [], {}
    for position, scenario in enumerate(scenarios):
        timeline = Timeline(scenario)
        events += with_forms(timeline.run(), scenario, position)
        names[scenario["title"]] = timeline.names
    return events, names


def with_forms(events, scenario, position=0):
    """Events of a scenario, each in the form it comes in; by default forms rotate over scenarios."""
    form = scenario.get("form", FORMS[position % 3])
    for number, event in enumerate(events):
        rotating = FORMS[number % 3] if form == "mixed" else form
        yield {**event, "form": event["form"] or rotating}


def read_marts(database):
    """All rows of the marts as mappings: {mart: {account: [row, …]}}."""
    marts = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for mart, table in MARTS.items():
            cursor = connection.execute(f"select * from marts.{table}")
            columns = [column[0] for column in cursor.description]
            marts[mart] = defaultdict(list)
            for values in cursor.fetchall():
                row = dict(zip(columns, values))
                marts[mart][row["account_sid"]].append(row)
    return marts


def readable_rows(marts, mart, names):
    """The scenario's rows of a mart, SIDs and keys replaced by short names."""
    accounts = [sid for sid in names.short if sid.startswith("AC")]
    named = {}
    for shown, (key, other, column) in NAMED_KEYS.items():
        keys = "segment_key" if other == "segments" else f"{shown_key(other)}_key"
        rows = [row for account in accounts for row in marts[other].get(account, [])]
        named[shown] = (key, {row[keys]: row[column] or row.get("kind") for row in rows})
    readable = []
    for account in accounts:
        for row in marts[mart].get(account, []):
            own = row.get("segment_key")
            words = {k: "own key" if v and v == own else v for k, v in row.items()}
            words["segment_key"] = own
            for shown, (key, known) in named.items():
                if key in row:
                    words[shown] = known.get(row[key], row[key])
            for short, column in SHORT_COLUMNS.items():
                if column in row:
                    words[short] = row[column]
            for column, value in words.items():
                words[column] = names.short.get(value, value) if isinstance(value, str) else value
            readable.append({**words, "account": names.short[account]})
    return readable


def shown_key(mart):
    """agents → agent, activities → activity: the stem of a dimension's key."""
    return {"activities": "activity"}.get(mart, mart.removesuffix("s"))


def same(expected, actual):
    """Does the value of a mart mean what the scenario says?"""
    if expected is None or actual is None:
        return expected is None and actual is None
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (dict, list)):
        return expected == json.loads(actual)
    if isinstance(actual, datetime):
        return parse_time(expected).replace(tzinfo=None) == actual
    if isinstance(actual, date):
        return str(actual) == str(expected)
    if isinstance(actual, (int, float)) and isinstance(expected, (int, float)):
        return abs(expected - actual) < 1e-9
    return str(expected) == str(actual)


def differences(expected, actual):
    """Columns of an expected row whose value the actual row does not have.

    `line` is no column: it is where an expected row stands."""
    return [
        column
        for column, value in expected.items()
        if column != "line" and not same(value, actual.get(column, "no such column"))
    ]


def pair_rows(expected, actual):
    """Pair each expected row with the actual one that fits best; (pairs, missing, unexpected).

    Rows that fit are paired first, giving way to each other where one fits several.
    """
    fits = [[j for j, row in enumerate(actual) if not differences(e, row)] for e in expected]
    taken = {}

    def place(i, seen):
        for j in fits[i]:
            if j not in seen:
                seen.add(j)
                if j not in taken or place(taken[j], seen):
                    taken[j] = i
                    return True
        return False

    unplaced = [i for i in range(len(expected)) if not place(i, set())]
    free = [j for j in range(len(actual)) if j not in taken]
    pairs = []
    for i in unplaced:
        if free:
            best = min(free, key=lambda j: unlikeness(expected[i], actual[j]))
            free.remove(best)
            pairs.append((expected[i], actual[best]))
        else:
            pairs.append((expected[i], None))
    return pairs, [actual[j] for j in free]


def unlikeness(expected, actual):
    wrong = differences(expected, actual)
    telling = ("kind", "reservation", "task", "agent", "start")
    return (sum(column in wrong for column in telling), len(wrong))


def compare(listed, actual):
    """Lines that say how the rows of a mart differ from the listed ones; none if they do not."""
    only = {column: value for row in listed for column, value in row.get("only", {}).items()}
    others_allowed = any("also" in row for row in listed)
    expected = []
    for row in listed:
        if not {"only", "also"} & set(row):
            row = dict(row)
            expected += [row] * row.pop("count", 1)
    columns = sorted({column for row in [only, *expected] for column in row} - {"line"})
    if actual:
        unknown = [column for column in columns if column not in actual[0]]
        assert not unknown, f"the mart has no column {unknown}"
    actual = [row for row in actual if not differences(only, row)]
    pairs, unexpected = pair_rows(expected, actual)
    lines = []
    for wanted, got in pairs:
        lines.append(f"  expected {show(wanted, wanted)}")
        if got is None:
            lines.append("       got no such row")
            continue
        lines.append(f"       got {show(got, wanted)}")
        for column in differences(wanted, got):
            lines.append(f"           {column}: {wanted[column]!r} expected, {got[column]!r} got")
    if not others_allowed:
        lines += [f"  not expected {show(row, ['kind', *columns])}" for row in unexpected]
    return lines


def show(row, columns):
    return ", ".join(f"{column}: {row.get(column)}" for column in columns if column in row)
