"""Random histories: whatever comes in whatever loads, the marts are those of one load.

One example is many small histories, an account each, so that a handful of builds tries all of them.
A history that fails is cut down, again many cuts to a build, and told as lines that can be put into
tests/histories as they are.
"""

import random
import shutil

import history_support as support
import pytest
from history_chance import absurd_history, absurd_lines, random_history
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mart_comparison import differences, read_tables

from flex_insights.run_dbt import DbtError
from workshop.simulator.run import Settings, simulate

ONE_AFTER_ANOTHER = settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # cut_down() knows a cheaper way
    suppress_health_check=list(HealthCheck),
)
ROUNDS_OF_CUTS = 12


@pytest.fixture(autouse=True)
def every_failing_key(monkeypatch):
    """A failed build tells of every history that it does not accept, not of the first three."""
    monkeypatch.setattr("flex_insights.run_dbt.SHOWN_KEYS", 10_000)


def failures(histories, folder):
    """{title: (short names, lines)} of the histories with which a build fails, or whose marts are
    others in loads, at once and after a full refresh."""
    shutil.rmtree(folder, ignore_errors=True)
    deliveries, names = [], {}
    for number, history in enumerate(histories):
        played, names[history["title"]] = support.play(history, number)
        deliveries += played
    try:
        found = differences_of_ways(support.write_loads(deliveries, folder / "events"), folder)
    except DbtError as error:
        if not error.keys:
            raise
        found = {key.account_sid: str(error).splitlines()[:2] for key in error.keys}
    failed = {}
    for title, short in names.items():
        lines = [line for sid in support.accounts_of(short) for line in found.pop(sid, [])]
        if lines:
            failed[title] = (short, lines)
    assert failed or not found, found
    return failed


def differences_of_ways(loads, folder):
    """How the marts differ between a build after each load, one of everything and a full refresh.

    Raises DbtError if a build or a data test fails.
    """
    for events in loads:
        loaded = support.load_and_build(events, folder / "one by one")
    at_once = support.load_and_build(loads[0].parent, folder / "at once")
    refreshed = support.full_refresh(folder / "one by one", folder / "refreshed")
    tables = read_tables(loaded)
    found = differences(tables, read_tables(at_once))
    for account, lines in differences(tables, read_tables(refreshed)).items():
        found[account] += lines
    return found


def cut_down(history, folder):
    """The history with as few lines as still fail, and how they do."""
    smallest, outcome = history, None
    for _ in range(ROUNDS_OF_CUTS):
        cuts = list(cuts_of(smallest))
        failed = failures(cuts, folder)
        if not failed:
            break
        smallest = min(
            (cut for cut in cuts if cut["title"] in failed), key=lambda cut: len(cut["events"])
        )
        outcome = failed[smallest["title"]]
    return smallest, outcome


def cuts_of(history):
    """The history without some of its lines, and without what comes more than once."""
    lines = history["events"].splitlines()
    kept = [lines]
    size = max(1, len(lines) // 2)
    while size:
        kept += [lines[:i] + lines[i + size :] for i in range(0, len(lines), size)]
        size //= 2
    for i, line in enumerate(lines):
        loads, bar, event = line.partition(" | ")
        for load in loads.split(",") if "," in loads else []:
            kept.append([*lines[:i], load.strip() + bar + event, *lines[i + 1 :]])
    for number, rest in enumerate(kept):
        if rest:
            yield {**history, "title": f"cut {number}", "events": "\n".join(rest) + "\n"}


def check(histories, folder):
    failed = failures(histories, folder)
    for history in histories:
        if history["title"] in failed:
            smallest, outcome = cut_down(history, folder)
            pytest.fail(support.explained(smallest, *(outcome or failed[history["title"]])))


@pytest.mark.long
@given(seeds=st.lists(st.integers(0, 2**32), min_size=100, max_size=100), loads=st.integers(2, 4))
@ONE_AFTER_ANOTHER
def test_random_histories(seeds, loads, tmp_path_factory):
    histories = [
        random_history(f"random {number}", seed, loads)
        for number, seed in enumerate(seeds)
    ]
    check(histories, tmp_path_factory.mktemp("random"))


@pytest.mark.long
@given(seeds=st.lists(st.integers(0, 2**32), min_size=100, max_size=100), loads=st.integers(2, 4))
@ONE_AFTER_ANOTHER
def test_absurd_histories(seeds, loads, tmp_path_factory):
    """Events that contradict each other: every build is green, and all ways end in the same marts."""
    histories = [
        absurd_history(f"absurd {number}", seed, loads)
        for number, seed in enumerate(seeds)
    ]
    check(histories, tmp_path_factory.mktemp("absurd"))


@pytest.mark.long
@given(seed=st.integers(0, 2**32), loads=st.integers(2, 4))
@ONE_AFTER_ANOTHER
def test_simulated_days(seed, loads, tmp_path_factory):
    """A believable day, every event once or more, in any form and any load."""
    folder, rng = tmp_path_factory.mktemp("simulated"), random.Random(seed)
    for form in support.FORMS:
        simulate_day(folder / form, seed=seed, form=form, accounts=2, odd=0.1)
    lines = [
        (form, line)
        for form in support.FORMS
        for file in sorted((folder / form).iterdir())
        for line in file.read_text("utf-8").splitlines()
    ]
    for form, line in lines:
        for _ in range(rng.choice((1, 1, 2))):
            load = folder / "events" / str(rng.randint(1, loads))
            load.mkdir(parents=True, exist_ok=True)
            with open(load / f"{form}.jsonl", "a", encoding="utf-8") as file:
                file.write(line + "\n")
    for events in sorted((folder / "events").iterdir()):
        loaded = support.load_and_build(events, folder / "one by one")
    at_once = support.load_and_build(folder / "events", folder / "at once")
    found = differences(read_tables(loaded), read_tables(at_once))
    assert not found, f"seed {seed}, {loads} loads: {found}"


def simulate_day(folder, **settings):
    """The events of a small centre; the same story in every form."""
    simulate(Settings(folder, tasks_per_day=80, agents=8, processes=1, **settings))


@pytest.mark.long
@given(seed=st.integers(0, 2**32), loads=st.integers(2, 3))
@ONE_AFTER_ANOTHER
def test_absurd_days(seed, loads, tmp_path_factory):
    """A believable day of which one or two events in a hundred say what cannot be."""
    folder, rng = tmp_path_factory.mktemp("absurd day"), random.Random(seed)
    simulate_day(folder / "day", seed=seed, form="webhook", accounts=2, odd=0.1)
    lines = [
        line
        for file in sorted((folder / "day").iterdir())
        for line in file.read_text("utf-8").splitlines()
    ]
    for line in absurd_lines(rng, lines):
        load = folder / "events" / str(rng.randint(1, loads))
        load.mkdir(parents=True, exist_ok=True)
        with open(load / "webhook.jsonl", "a", encoding="utf-8") as file:
            file.write(line + "\n")
    found = differences_of_ways(sorted((folder / "events").iterdir()), folder)
    assert not found, f"seed {seed}, {loads} loads: {found}"


@pytest.mark.long
def test_forms_do_not_matter(tmp_path):
    """The same day as webhooks, from the REST API and by Event Streams."""
    databases = []
    for form in support.FORMS:
        simulate_day(tmp_path / form, seed=7, form=form)
        databases.append(support.load_and_build(tmp_path / form, tmp_path / f"{form} data"))
    first, *others = [read_tables(database) for database in databases]
    for other in others:
        assert not differences(first, other)


def test_a_failing_history_is_cut_down(monkeypatch, tmp_path):
    """To the two lines that make it fail, and one load each."""

    def fail_with_both(histories, folder):
        return {
            history["title"]: (None, [])
            for history in histories
            if "1 | b" in history["events"] and "d" in history["events"]
        }

    monkeypatch.setitem(globals(), "failures", fail_with_both)
    history = {"title": "x", "events": "1 | a\n1,2 | b\n3 | c\n1:rest,2 | d\n4 | e\n"}
    monkeypatch.setitem(history, "events", history["events"].replace("1,2 | b", "2,1 | b"))
    smallest, _ = cut_down(history, tmp_path)
    assert len(smallest["events"].splitlines()) == 2 and "," not in smallest["events"]
