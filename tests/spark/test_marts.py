"""Both engines give the same marts: every row, every column, every type."""

import shutil
from dataclasses import replace

import duckdb
import odd_events
import pytest
from decision_log import scenarios_of_one_load
from engines_support import TIME_ZONES
from scenario_forms import write_events
from scenario_support import play_all

from workshop.compare_engines import compare_marts, describe
from flex_insights.settings import PROJECT
from workshop.simulator.run import Settings as Simulation
from workshop.simulator.run import simulate
from flex_insights.spark.marts import mart_folders, parquet_of

ABOUT_100_000_EVENTS = 3300
# A seed with empty cells of every kind: texts and numbers.
TARGETS = """account_sid,queue_name,channel,sla_threshold,short_abandoned_threshold
,,Call,30,7
,Q,,20,
,"O'Hara \\ Sons",,,3
"""


def differences(settings):
    return [describe(mart) for mart in compare_marts(settings) if mart.differences]


@pytest.fixture(scope="module")
def sample(build_on_both):
    """The sample, built with dbt's unit tests and data tests on Spark too."""
    return build_on_both(PROJECT / "sample" / "events", unit_tests=True)


def test_sample(sample):
    assert differences(sample) == []
    rows = {mart.mart: mart.rows for mart in compare_marts(sample)}
    assert rows["fct_segments"] > 5000
    assert len(rows) == 18


def test_one_altered_value_is_found(sample, tmp_path):
    altered = replace(sample, data=tmp_path)
    shutil.copy(sample.database, altered.database)
    shutil.copytree(sample.spark_warehouse / "marts.db", altered.spark_warehouse / "marts.db")
    assert differences(altered) == []
    segments = next(m for m in mart_folders(altered.spark_warehouse) if m.name == "fct_segments")
    for column, change, telling in (
        ("talk_time", "talk_time + 1", "talk_time"),
        ("started_at", "started_at + interval 1 millisecond", "started_at"),
        ("outcome", "coalesce(outcome, '')", "outcome None | ''"),
        ("talk_time", "talk_time::integer", "talk_time INTEGER"),
    ):
        untouched = tmp_path / "untouched"
        shutil.copytree(segments, untouched)
        value = f"case when number = 1 then {change} else {column} end"
        if "::" in change:
            value = change
        with duckdb.connect() as connection:
            connection.execute(
                "create table changed as select * exclude number replace"
                f" ({value} as {column}) from (select *, row_number() over (order by"
                f" {column} is null {'desc' if 'coalesce' in change else ''}, segment_key) as number"
                f" from {parquet_of(untouched)})"
            )
            shutil.rmtree(segments)
            segments.mkdir()
            connection.execute(f"copy changed to '{segments}/part.parquet'")
        found = differences(altered)
        assert len(found) == 1 and found[0].startswith("fct_segments"), (column, found)
        assert telling in found[0]
        shutil.rmtree(segments)
        untouched.rename(segments)
    shutil.rmtree(altered.spark_warehouse / "marts.db" / "dim_teams")
    assert ["only DuckDB has this mart" in line for line in differences(altered)] == [True]


def test_100_000_simulated_events_with_everything_odd_in_them(build_on_both, tmp_path):
    simulate(
        Simulation(
            out=tmp_path, seed=11, days=2, tasks_per_day=ABOUT_100_000_EVENTS,
            agents=ABOUT_100_000_EVENTS // 40, accounts=3, form="mixed", packaging="real",
            odd=0.1, pack="zst", processes=2,
        ),
        lambda text: None,
    )
    settings = build_on_both(tmp_path)
    assert differences(settings) == []
    events = sum(mart.rows for mart in compare_marts(settings) if mart.mart == "audit_events")
    assert events > 0


def test_odd_events_and_all_scenarios_with_sessions_in_other_time_zones(build_on_both, tmp_path):
    """Each engine with a session's time zone of its own, a reporting zone that is neither, and a seed
    with empty cells."""
    project = tmp_path / "project"
    shutil.copytree(
        PROJECT, project, ignore=shutil.ignore_patterns(".*", "data", "target", "logs", "tests")
    )
    shutil.copytree(PROJECT / "tests" / "generic", project / "tests" / "generic")
    (project / "seeds" / "service_level_targets.csv").write_text(TARGETS)
    events, _ = play_all(scenarios_of_one_load())
    write_events(events, tmp_path / "events" / "scenarios")
    odd_events.write(tmp_path / "events" / "odd")
    settings = build_on_both(
        tmp_path / "events",
        project=project,
        spark={"SPARK_TIME_ZONE": TIME_ZONES["spark"], "TZ": "Asia/Kolkata"},
        duckdb={"DUCKDB_TIME_ZONE": TIME_ZONES["duckdb"], "TZ": "America/Sao_Paulo"},
        REPORTING_TIME_ZONE="Europe/Berlin",
    )
    assert differences(settings) == []
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        (outcomes,) = connection.execute(
            "select count(distinct outcome) from marts.fct_segments where account_sid like 'AC000%'"
        ).fetchone()
        thresholds = connection.execute(
            "select distinct sla_threshold, short_abandoned_threshold from marts.fct_segments"
            " where sla_threshold is not null order by all"
        ).fetchall()
    assert outcomes == 6
    assert thresholds == [(20, 5), (30, 7), (60, 5)]
