"""Any history of loads ends in the same marts as one load of everything, and as a full refresh."""

import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import history_support as support
import pytest
import scenario_support
from history_chance import random_history
from mart_comparison import differences, fingerprint, read_tables

from flex_insights.load_events import load_events

HISTORIES = support.read_histories()
LOADS = 5
SCENARIOS = support.scenarios_as_histories(LOADS)
RANDOM = [random_history(f"random {seed}", seed, LOADS) for seed in range(40)]
TITLES = [history["title"] for history in HISTORIES]


@dataclass
class Runs:
    """The databases to compare, each with the events of all histories."""

    folder: Path
    names: dict = field(default_factory=dict)
    marts_after: dict = field(default_factory=dict)

    def write(self):
        """The files of all loads."""
        deliveries = []
        for number, history in enumerate(HISTORIES + SCENARIOS + RANDOM):
            played, self.names[history["title"]] = support.play(history, number)
            deliveries += played
        self.loads = support.write_loads(deliveries, self.folder / "events")

    @cached_property
    def one_by_one(self):
        """A build after each load."""
        for number, events in enumerate(self.loads, 1):
            database = support.load_and_build(events, self.folder / "one by one")
            self.marts_after[number] = scenario_support.read_marts(database)
        return read_tables(database)

    @cached_property
    def at_once(self):
        return read_tables(support.load_and_build(self.folder / "events", self.folder / "at once"))

    @cached_property
    def refreshed(self):
        assert self.one_by_one
        data = self.folder / "one by one"
        return read_tables(support.full_refresh(data, self.folder / "refreshed"))

    def difference(self, other):
        if other not in self.__dict__.setdefault("found", {}):
            self.found[other] = differences(self.one_by_one, getattr(self, other))
        return self.found[other]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = Runs(tmp_path_factory.mktemp("histories"))
    runs.write()
    yield runs
    shutil.rmtree(runs.folder)


def by_title(function):
    return pytest.mark.parametrize("history", HISTORIES, ids=TITLES)(function)


def assert_same(runs, other, histories):
    found = runs.difference(other)
    for history in histories:
        names = runs.names[history["title"]]
        lines = [line for sid in support.accounts_of(names) for line in found.get(sid, [])]
        assert not lines, support.explained(history, names, lines)


@by_title
def test_loads_one_by_one_are_like_one_load(history, runs):
    assert_same(runs, "at_once", [history])


@by_title
def test_loads_one_by_one_are_like_a_full_refresh(history, runs):
    assert_same(runs, "refreshed", [history])


@pytest.mark.parametrize("other", ["at_once", "refreshed"])
@pytest.mark.parametrize("histories", [SCENARIOS, RANDOM], ids=["scenarios", "random"])
def test_other_histories_come_out_the_same(histories, other, runs):
    assert_same(runs, other, histories)


@pytest.mark.parametrize("other", ["at_once", "refreshed"])
def test_nothing_else_differs(other, runs):
    """Tables without an account, and accounts that belong to no history."""
    accounts = {sid for names in runs.names.values() for sid in support.accounts_of(names)}
    found = runs.difference(other)
    assert not {account: found[account] for account in set(found) - accounts}


@by_title
def test_each_load_does_what_the_history_says(history, runs):
    """A history that changes nothing on the way would prove nothing."""
    assert runs.one_by_one
    names = runs.names[history["title"]]
    for load, expected in history.get("expect", {}).items():
        for mart, listed in expected.items():
            actual = scenario_support.readable_rows(runs.marts_after[load], mart, names)
            wrong = scenario_support.compare(listed, actual)
            assert not wrong, support.explained(history, names, [f"load {load}, {mart}:", *wrong])


def test_only_the_first_build_makes_everything_anew(runs):
    """Else what is compared here would prove nothing of increments."""
    assert runs.one_by_one
    assert support.times_built_anew(runs.folder / "one by one") == 1


@pytest.fixture
def story(tmp_path):
    """The folders of a history's loads."""
    (history,) = [history for history in HISTORIES if history["title"] == "split by time"]
    return support.write_loads(support.play(history)[0], tmp_path / "events")


@pytest.mark.long
def test_a_changed_setting_is_as_if_it_had_always_been(story, tmp_path):
    loaded = [
        support.load_and_build(events, tmp_path / "changed", zone)
        for events, zone in zip(story, ("UTC", "Asia/Kathmandu", "Asia/Kathmandu", "UTC", "UTC"))
    ]
    assert support.times_built_anew(tmp_path / "changed") == 3
    at_once = support.load_and_build(story[0].parent, tmp_path / "at once")
    found = differences(read_tables(loaded[-1]), read_tables(at_once))
    assert not found


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [
        ("run", "--select", "int_event_copies"),
        ("run", "--select", "int_task_links+"),
        ("build", "--exclude", "fct_segments"),
        ("test", "--select", "fct_segments"),
        ("build", "--exclude-resource-type", "unit_test"),
    ],
    ids=" ".join,
)
def test_dbt_by_hand_between_two_builds(command, story, tmp_path):
    """Of a part of the models, or of all, with a load that no build has seen."""
    data = tmp_path / "data"
    first, second, *others = story
    support.load_and_build(first, data)
    load_events(str(second), data)
    support.run_dbt(data, *command)
    for events in others:
        database = support.load_and_build(events, data)
    at_once = support.load_and_build(story[0].parent, tmp_path / "at once")
    found = differences(read_tables(database), read_tables(at_once))
    assert not found


def test_a_run_with_nothing_new_changes_nothing(sample_data, build, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(sample_data, data, copy_function=shutil.copy2)
    database = data / "flex_insights.duckdb"
    tables, files = read_tables(database, True), fingerprint(data / "published")
    done = build(EVENTS="sample/events", DATA=data)
    assert done.returncode == 0, done.stderr
    assert read_tables(database, True) == tables
    assert fingerprint(data / "published") == files


def test_a_difference_is_seen(runs, tmp_path):
    """Of a value, a row, a double row, a table and a column."""
    changed = tmp_path / "changed.duckdb"
    runs.at_once
    shutil.copy(runs.folder / "at once" / "flex_insights.duckdb", changed)
    changes = {
        "fct_segments": "update marts.fct_segments set queue_time = 1 + queue_time",
        "fct_workload": "delete from marts.fct_workload where workload_talk_time is not null",
        "dim_agents": "insert into marts.dim_agents from marts.dim_agents limit 1",
        "dim_dates": "drop table marts.dim_dates",
        "dim_queues": "alter table marts.dim_queues drop column queue_name",
    }
    with duckdb.connect(str(changed)) as connection:
        for change in changes.values():
            connection.execute(change)
    found = differences(runs.at_once, read_tables(changed))
    assert {line.split(":")[0] for lines in found.values() for line in lines} == set(changes)
