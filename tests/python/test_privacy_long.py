"""Retention on simulated days, and erasure that is killed wherever it stands."""

import os
import shutil
import signal
import subprocess
import sys
import time

import duckdb
import pytest
from byte_search import files_that_hold
from conftest import PROJECT, SETTINGS
from published_support import assert_published_are_the_marts
from workshop.command import FLEX_INSIGHTS

pytestmark = pytest.mark.long
DATE = "2026-03-04"
UNCHANGED = ("fct_segments", "fct_conversations", "fct_workload", "dim_agents", "dim_agent_history")


@pytest.fixture(scope="module")
def before(build, tmp_path_factory):
    """Four days of two accounts, built."""
    folder = tmp_path_factory.mktemp("privacy long")
    command = [sys.executable, "-m", "workshop.simulate_events", "--out", str(folder / "events")]
    options = ["--days", "4", "--tasks-per-day", "60", "--accounts", "2", "--form", "mixed"]
    subprocess.run([*command, *options, "--odd", "0.02"], cwd=PROJECT, check=True, capture_output=True)
    done = build(EVENTS=folder / "events", DATA=folder / "data")
    assert done.returncode == 0, done.stderr
    return folder / "data"


def copy(before, name):
    data = before.with_name(name)
    shutil.copytree(before, data, copy_function=shutil.copy2)
    return data


def start(action, data, **settings):
    environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    environment |= {"DATA": str(data), **settings}
    return subprocess.Popen(
        [FLEX_INSIGHTS, action],
        cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


def succeed(process):
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def test_retention_leaves_numbers_as_they_were(before):
    data = copy(before, "retention")
    succeed(start("expire", data, BEFORE=DATE))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}/flex_insights.duckdb' as was (read_only)")
        connection.execute(f"attach '{data}/flex_insights.duckdb' as now (read_only)")

        def count(query):
            return connection.execute(query).fetchone()[0]

        for table in UNCHANGED:
            assert count(f"select count(*) from now.marts.{table}") > 0
            added = f"(from now.marts.{table} except all from was.marts.{table})"
            assert count(f"select count(*) from {added}") == 0, table
        # all that is on the date or later, or lasts beyond its beginning, is still there
        younger = f"started_at >= '{DATE}' or ended_at > '{DATE}' or ended_at is null"
        for table in ("fct_segments", "fct_conversations"):
            there = f"select count(*) from %s.marts.{table} where {younger}"
            assert count(there % "now") == count(there % "was") > 0
        older = f"where ended_at < '{DATE}' and conversation_key is null"
        assert count(f"select count(*) from was.marts.fct_segments {older}") > 0
        assert count(f"select count(*) from now.marts.fct_segments {older}") == 0
        kept = f"""
            select count(*) from now.marts.fct_segments
            group by conversation_key having conversation_key is not null
            and max(coalesce(ended_at, '2030-01-01')) < timestamp '{DATE}' - interval 1 hour
        """
        assert connection.execute(kept).fetchall() == []
    assert_published_are_the_marts(data)
    # once more, and earlier, finds nothing
    assert "\n0 events removed" in "\n" + succeed(start("expire", data, BEFORE=DATE))
    marks = sorted(path.name for path in (data / "kept_since").iterdir())
    assert "\n0 events removed" in "\n" + succeed(start("expire", data, BEFORE="2026-03-03"))
    assert sorted(path.name for path in (data / "kept_since").iterdir()) == marks


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3, 0.5, 0.8, 0.95])
def test_an_erasure_that_is_killed_is_taken_up(before, build, share):
    with duckdb.connect(str(before / "flex_insights.duckdb"), read_only=True) as connection:
        (phone,) = connection.execute(
            "select phone from marts.dim_customers where phone like '+%'"
            " order by conversations desc, phone limit 1"
        ).fetchone()
    data = copy(before, f"killed at {share}")
    usual = usual_seconds(before, phone)
    process = start("forget", data, CUSTOMER=phone)
    time.sleep(share * usual)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = build(EVENTS=before.with_name("events"), DATA=data)
    assert done.returncode == 0, done.stderr
    assert_published_are_the_marts(data)
    left = files_that_hold(data, [phone])
    if left:  # it was killed before it counted: all is as it was
        assert {path for path, _ in left if "raw" in path}
        said = succeed(start("forget", data, CUSTOMER=phone))
        assert "0 tasks erased" not in said
    assert files_that_hold(data, [phone]) == []


SECONDS = {}


def usual_seconds(before, phone):
    if not SECONDS:
        data = copy(before, "undisturbed")
        began = time.monotonic()
        succeed(start("forget", data, CUSTOMER=phone))
        SECONDS["usual"] = time.monotonic() - began
    return SECONDS["usual"]
