"""What a build says of lines that it could not use, and its exit status."""

import pytest
from loading_support import lines, webhook

from flex_insights.load_events import LoadReport
from flex_insights.loading import reasons
from flex_insights.summary import _rejected


@pytest.fixture(scope="module")
def builds(build, tmp_path_factory):
    """The same folder built when nothing can be read, when something can, and once more when not."""
    folder = tmp_path_factory.mktemp("rejected")
    events = folder / "events"
    events.mkdir()
    done = []
    for name, content in (
        ("a.log", b"hello\nworld\n" + lines({"a": 1})),
        ("b.jsonl", lines(webhook(1), webhook(2))),
        ("c.log", b"still nothing\n"),
    ):
        (events / name).write_bytes(content)
        done.append(build(EVENTS=events, DATA=folder / "data"))
    return folder, done


def test_nothing_readable_and_nothing_landed_is_a_failure(builds):
    folder, (first, *_) = builds
    assert first.returncode == 1
    sentence = first.stderr.strip().splitlines()[-1]
    assert sentence.startswith("No events have been loaded: everything in EVENTS was rejected.")
    assert "Traceback" not in first.stderr
    assert f"2: {reasons.PLAIN_TEXT}, as in {folder}/events/a.log" in first.stdout
    assert f"1: {reasons.UNKNOWN_OBJECT}, as in {folder}/events/a.log" in first.stdout
    assert "marts.audit_rejects" in first.stdout
    assert "Nothing of what is new could be read as an event; rejected: 3" in first.stdout


def test_nothing_readable_of_what_is_new_is_a_line_of_its_own(builds):
    _, (_, second, third) = builds
    assert (second.returncode, third.returncode) == (0, 0), second.stderr + third.stderr
    assert "Nothing of what is new could be read" not in second.stdout
    assert "Nothing of what is new could be read as an event; rejected: 1" in third.stdout
    assert f"3: {reasons.PLAIN_TEXT}, as in" in third.stdout


def test_what_an_upgrade_brings_and_asks_for():
    report = LoadReport(events=5, events_recovered=5, to_load_again=["a", "b", "c", "d"])
    assert _rejected(report, []) == [
        "Recovered of what an earlier version rejected: 5 events.",
        "An earlier version rejected lines without keeping them. Load again: a, b, c and 1 more",
    ]
    assert _rejected(LoadReport(events=5), []) == []
