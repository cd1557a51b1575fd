"""Events that say what cannot be, from the file to the summary; and the way out where a test fails."""

import io
import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest

from flex_insights.failing_keys import failing_keys
from flex_insights.load_events import load_events
from flex_insights.privacy.command import _act
from flex_insights.privacy.errors import WrongUse
from flex_insights.privacy.register import Register
from flex_insights.privacy.take_out import take_out
from flex_insights.progress import Progress
from flex_insights.settings import PROJECT, Settings

ACCOUNT = "AC" + "1" * 32
DAY = 1_772_438_400_000  # 2026-03-02T08:00:00Z
GOOD, BAD, OTHER = ("WT" + digit * 32 for digit in "123")
JOHN, ALBA = ("WK" + digit * 32 for digit in "12")
RESERVATION = "WR" + "1" * 32


def event(kind, task, at, **fields):
    """A webhook event of a task, so many seconds after DAY or at an ISO time."""
    ms = at if isinstance(at, str) else str(DAY + 1000 * at)
    event.number += 1
    return {
        "EventType": kind, "Sid": f"EV{event.number:032x}", "TimestampMs": ms,
        "AccountSid": ACCOUNT, "WorkspaceSid": "WS" + "1" * 32, "TaskSid": task, **fields,
    }


event.number = 0


def answered(task, reservation, worker=JOHN, talk=120):
    offered = {"ReservationSid": reservation, "WorkerSid": worker}
    return [
        event("task-queue.entered", task, 0, TaskQueueSid="WQ" + "1" * 32),
        event("reservation.created", task, 5, **offered),
        event("reservation.accepted", task, 10, **offered),
        event("reservation.completed", task, 10 + talk, **offered),
        event("task.completed", task, 10 + talk),
    ]


def write(path, events):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in events))


def rows_of(database, query):
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with a data test that does not accept a talk of more than ten minutes."""
    folder = tmp_path_factory.mktemp("contradictions") / "project"
    for part in ("models", "macros", "seeds", "scripts", "tests/data", "tests/generic"):
        shutil.copytree(PROJECT / part, folder / part)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / file, folder)
    # only the key, as most data tests have it
    (folder / "tests" / "data" / "nobody_talks_for_long.sql").write_text(
        "select segment_key from {{ ref('fct_segments') }} where talk_time > 600"
    )
    return folder


@pytest.fixture(scope="module")
def run(project):
    """run(argument …, NAME=text …): `flex-insights` of the copy on its own data folder."""
    program = "from flex_insights.cli import main; raise SystemExit(main())"

    def command(*arguments, **settings):
        environment = {**os.environ, "PYTHONPATH": str(project / "scripts")}
        environment |= {"EVENTS": "events", "DATA": "my data", **settings}
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=project, env=environment, capture_output=True, text=True,
        )

    return command


@pytest.fixture(scope="module")
def built(project, run):
    """A first build: a good task, what contradicts it, and events of other centuries."""
    strange = {"ReservationSid": RESERVATION, "WorkerSid": ALBA}
    write(project / "events" / "1.jsonl", [
        *answered(GOOD, RESERVATION),
        event("reservation.wrapup", OTHER, 20, **strange),
        event("reservation.wrapup", GOOD, 20, **strange),
        event("reservation.wrapup", GOOD, "0", **strange | {"WorkerSid": JOHN}),
        event("task-queue.entered", OTHER, "253402300799000", TaskQueueSid="WQ" + "9" * 32),
        event("worker.created", None, "0", WorkerSid=ALBA, WorkerActivityName="Offline"),
        event("worker.deleted", None, "253402300799000", WorkerSid=ALBA),
        event("task.of-the-future", GOOD, 30),
    ])
    return run("build")


def test_the_summary_counts_what_is_not_used_and_adds_up(built):
    assert built.returncode == 0, built.stderr
    text = built.stdout.partition("All events")[2].partition("Segments")[0]
    said = {name.strip(): int(count) for name, count in re.findall(r"^  (.+?) {2,}(\d+)$", text, re.M)}
    assert said["events"] == 12
    assert said["of these implausible time"] == 4 and said["of these contradictory"] == 2
    fates = [count for name, count in said.items() if name.startswith("of these")]
    assert sum(fates) == said["events"]


def test_events_of_other_centuries_cost_nothing(built, project):
    database = project / "my data" / "flex_insights.duckdb"
    assert rows_of(database, "select cast(date_key as varchar) from marts.dim_dates") == [("2026-03-02",)]
    assert rows_of(database, "select count(*), sum(workload_talk_time) from marts.fct_workload") == [(1, 120)]
    assert rows_of(database, "select worker_sid from marts.dim_agents") == [(JOHN,)]
    assert rows_of(database, "select task_queue_sid from marts.dim_queues") == [("WQ" + "1" * 32,)]
    assert rows_of(database, "select task_sid from intermediate.int_task_links") == [(GOOD,)]
    assert rows_of(
        database, "select cast(last_event_at as varchar) from marts.data_freshness"
    ) == [("2026-03-02 08:02:10",)]
    assert rows_of(
        database, "select fate, sum(events)::int from marts.audit_events group by 1 order by 1"
    ) == [("contradictory", 2), ("implausible time", 4), ("unknown type", 1), ("used", 5)]


def published(project):
    return {file.name: file.read_bytes() for file in (project / "my data" / "published").iterdir()}


def test_nobody_is_stuck_with_events_that_no_build_accepts(built, project, run):
    before = published(project)
    write(project / "events" / "2.jsonl", answered(BAD, "WR" + "2" * 32, talk=3600))
    for _ in range(2):
        # not by building again
        failed = run("build")
        assert failed.returncode == 1
        lines = failed.stderr.splitlines()
        told = next(n for n, line in enumerate(lines) if line.startswith("  nobody_talks_for_long"))
        assert lines[told + 1] == f"    account {ACCOUNT}, task {BAD}, conversation {BAD}"
        assert published(project) == before
    # what the message says to do
    (look, way) = re.findall(r'flex-insights sql "(.*)"|make forget (TASK=\w+)', failed.stderr)
    assert run("sql", look[0]).stdout.count("reservation.accepted") == 1
    name, _, sid = way[1].partition("=")
    done = run("forget", **{name: sid})
    assert done.returncode == 0, done.stderr
    assert "5 events made rejects" in done.stdout
    database = project / "my data" / "flex_insights.duckdb"
    assert rows_of(database, "select distinct task_sid from marts.fct_segments") == [(GOOD,)]
    assert rows_of(database, "select distinct reason, text from marts.audit_rejects") == [
        ("an event of a task or worker that was taken out with forget", "")
    ]
    assert set(published(project)) >= {f"{ACCOUNT}.duckdb"}


def landed(data):
    """(task, type) of every event in the landing zone."""
    fields = "event ->> '$.TaskSid', event ->> '$.EventType'"
    query = f"select {fields} from read_parquet('{data}/raw/**/*.parquet') order by all"
    return duckdb.sql(query).fetchall() if (data / "raw").exists() else []


def test_what_was_taken_out_is_not_brought_back(tmp_path):
    """By no later file; a worker's own events go, those of tasks that name the worker stay."""
    data, works = tmp_path / "data", {"WorkerSid": JOHN}
    write(tmp_path / "1.jsonl", [
        event("task.created", BAD, 0, TaskAttributes=json.dumps({"previous_task_sid": GOOD})),
        event("task.created", GOOD, 0, TaskAttributes=json.dumps({"previous_task_sid": BAD})),
        event("reservation.created", GOOD, 1, ReservationSid=RESERVATION, **works),
        event("worker.created", None, 0, **works),
    ])
    load_events(str(tmp_path / "1.jsonl"), data)
    erasure = take_out(data, [BAD, JOHN], None, Progress(io.StringIO()))
    assert erasure.said == ["2 events made rejects without text"]
    kept = [(GOOD, "reservation.created"), (GOOD, "task.created")]
    assert landed(data) == kept
    write(tmp_path / "2.jsonl", [
        event("task.completed", BAD, 9), event("worker.deleted", None, 9, **works),
        event("task.completed", GOOD, 9),
    ])
    load_events(str(tmp_path / "2.jsonl"), data)
    assert landed(data) == sorted([*kept, (GOOD, "task.completed")])
    assert Register(data).taken_out == {("*", BAD), ("*", JOHN)}


def test_an_equal_sid_of_another_account_is_not_taken_out(tmp_path):
    data, others = tmp_path / "data", "AC" + "2" * 32
    write(tmp_path / "1.jsonl", [
        event("task.created", BAD, 0), event("task.canceled", BAD, 0) | {"AccountSid": others},
    ])
    load_events(str(tmp_path / "1.jsonl"), data)
    take_out(data, [BAD], others, Progress(io.StringIO()))
    assert landed(data) == [(BAD, "task.created")]


@pytest.mark.parametrize(
    "given, what",
    [
        ({"TASK": "task 1"}, "TASK=task 1 is not the SID"),
        ({"TASK": BAD, "CUSTOMER": "+14155550100"}, "give one of them"),
    ],
)
def test_a_wrong_use_is_told_in_a_sentence(tmp_path, given, what):
    with pytest.raises(WrongUse, match=what):
        _act("forget", Settings("", tmp_path), given)


SEGMENT = "from marts.fct_segments where {} order by segment_key limit 1"


@pytest.mark.parametrize(
    "query, condition",
    [
        # as the tests of keys, of rules, of conversations, of customers and of agents give their rows
        ("select 'agent_key' as key_column, agent_key as missing_key", "reservation_sid is not null"),
        ("select segment_key, count(*) as copies", "reservation_sid is not null"),
        ("select 'a rule' as broken_rule, *", "reservation_sid is not null"),
        ("select conversation_key", "task_sid is not null"),
        ("select customer_key", "customer_key is not null"),
        ("select agent_key", "task_sid is null"),
    ],
)
def test_a_failing_row_leads_to_its_task_or_agent(sample_data, query, condition):
    settings = Settings("", sample_data)
    grouped = " group by all" if "count" in query else ""
    source = SEGMENT.format(condition).replace(" order", f"{grouped} order")
    (key,) = failing_keys(settings, f"{query} {source}", 3)
    ((account, task, worker, conversation),) = rows_of(
        settings.database, f"select account_sid, task_sid, worker_sid, conversation_id {SEGMENT.format(condition)}"
    )
    assert key.account_sid == account
    if query == "select agent_key":
        assert (key.sid, key.conversation_id) == (worker, None)
        assert str(key) == f"account {account}, agent {worker}"
    elif "agent_key" in query or "customer_key" in query:
        # any task of that agent or customer
        assert key.sid.startswith("WT")
    else:
        assert key.conversation_id == conversation
        assert str(key).startswith(f"account {account}, task WT")


def test_a_slice_leads_to_the_task_of_its_segment(sample_data):
    settings = Settings("", sample_data)
    query = "select workload_key from marts.fct_workload where workload_kind = 'Conversation'"
    keys = failing_keys(settings, query, 3)
    assert len(keys) == 3 and all(key.sid.startswith("WT") for key in keys)


@pytest.mark.parametrize(
    "query", ["select 1 as n", "select 'x' as segment_key", "select date_key from marts.dim_dates", "no SQL"]
)
def test_a_failing_row_of_nobody_leads_nowhere(sample_data, query):
    assert failing_keys(Settings("", sample_data), query, 3) == []
