"""A load that is killed, or runs out of disk, leaves all or nothing."""

import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import SETTINGS
from killing import run_until
from loading_support import landed, lines, load, rejected, webhook

from flex_insights.load_events import load_events
from workshop.command import FLEX_INSIGHTS


def prepare(folder, monkeypatch):
    """A data folder with a load, and events for another that adds, grows and merges."""
    monkeypatch.setattr("flex_insights.load_events.FILES_BEFORE_MERGE", 50)
    load(folder, {"a": lines(webhook(1), "hello") + b'{"cut', "b": lines(webhook(2)) + b'{"cut'})
    (folder / "events" / "a").write_bytes(lines(webhook(1), "hello", '{"cut": 1}', webhook(3)))
    (folder / "events" / "b").write_bytes(lines(webhook(2)) + b'{"cut": 1}')
    (folder / "events" / "c").write_bytes(lines(webhook(4), webhook(5, AccountSid="AC2"), "17"))


def killed_load(folder, moment):
    imports = "from flex_insights.load_events import load_events"
    work = "load_events(others[0], pathlib.Path(data))"
    return run_until(moment, imports, work, folder / "data", folder / "events")


def outcome(folder):
    """All that a load left, but for the times of day."""
    data = folder / "data"
    names = sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())
    columns = "account_sid, event, form, position, element, load_id"
    ledgers = [json.loads(path.read_text()) for path in sorted((data / "loads").iterdir())]
    contents = [content["sha256"] for ledger in ledgers for content in ledger["contents"]]
    rejects = rejected(folder, "text, position, reason, load_id")
    return names, landed(folder, columns), rejects, contents


def test_killed_at_any_moment(tmp_path, monkeypatch):
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    prepare(undisturbed, monkeypatch)
    moments = int(killed_load(undisturbed, 0).stdout)
    expected = outcome(undisturbed)
    assert moments > 20
    for moment in range(1, moments + 1, 4):
        folder = tmp_path / str(moment)
        folder.mkdir()
        prepare(folder, monkeypatch)
        before = outcome(folder)
        assert killed_load(folder, moment).returncode == -signal.SIGKILL
        has_journal = (folder / "data" / "tmp" / "load" / "journal.json").exists()
        if not has_journal:
            assert outcome_without_leftovers(folder) in (before, expected)
        load_events(str(folder / "events"), folder / "data")
        assert outcome(folder) == expected, moment


def outcome_without_leftovers(folder):
    names, *rest = outcome(folder)
    return [name for name in names if not name.startswith("tmp")], *rest


def test_moments_behind_the_journal_are_finished_by_the_next_run_alone(tmp_path, monkeypatch):
    """Even if the event files are gone by then."""
    prepare(tmp_path, monkeypatch)
    killed_load(tmp_path, "journal")
    assert (tmp_path / "data" / "tmp" / "load" / "journal.json").exists()
    (tmp_path / "events" / "a").unlink()
    (tmp_path / "events" / "b").unlink()
    assert load_events(str(tmp_path / "events"), tmp_path / "data").files_skipped == 1
    assert len(landed(tmp_path)) == 5
    assert not (tmp_path / "data" / "tmp" / "load").exists()


RUN_WITH_LIMIT = """
import os, resource, sys
limit, *command = sys.argv[1:]
if limit := int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execv(command[0], command)
"""


def run(folder, *arguments, largest_file=0):
    """`flex-insights load` there, perhaps where no file may be larger than so many bytes."""
    command = [FLEX_INSIGHTS, "load", "--events", "events", "--data", "data", *arguments]
    return subprocess.run(
        [sys.executable, "-c", RUN_WITH_LIMIT, str(largest_file), *command],
        cwd=folder,
        env={name: text for name, text in os.environ.items() if name not in SETTINGS},
        capture_output=True,
        text=True,
    )


def test_full_disk_leaves_nothing_half_written(tmp_path):
    load(tmp_path, {"a": lines(webhook(1))})
    large = lines(*(webhook(n, TaskAttributes=str(n) * 5000) for n in range(2000)))
    (tmp_path / "events" / "b").write_bytes(large)
    before = outcome(tmp_path)
    done = run(tmp_path, largest_file=2000)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "Fix this and rerun" in done.stderr
    assert outcome(tmp_path)[1:] == before[1:]
    assert not (tmp_path / "data" / "tmp" / "load").exists()
    assert run(tmp_path).returncode == 0
    assert len(landed(tmp_path)) == 2001


@pytest.mark.parametrize(("events", "words"), [("nowhere", "EVENTS names nothing"), (" ", "EVENTS is empty")])
def test_command_says_what_is_wrong_in_one_sentence(tmp_path, events, words):
    done = run(tmp_path, "--events", events)
    assert done.returncode == 1
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


def test_command_says_what_it_did(tmp_path):
    (tmp_path / "events").write_bytes(lines(webhook(1), "hello"))
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 files (0 with nothing new), 1 events, 1 rejected\n"
