"""What `fetch` and `receive` have written is landed with the rest, and then taken away."""

import json
import signal

import pytest
from byte_search import files_that_hold
from killing import run_until
from loading_support import ACCOUNT, landed, lines, rejected, rest, stream, webhook

from flex_insights import load_events as loading
from flex_insights import settings as settings_module
from flex_insights.inbox import LineFile, inbox_files, is_in_use, make_folder
from flex_insights.load_events import LoadError, load_events
from flex_insights.loading.ledger import Ledger
from flex_insights.privacy import command
from flex_insights.settings import read_settings

WORKSPACE = "WS" + "2" * 32


def put(data, name, *events):
    """A file of the inbox; the same name again adds to it."""
    path = make_folder(data, ACCOUNT, WORKSPACE) / name
    with open(path, "ab") as file:
        file.write(lines(*events))
    return path


def test_the_inbox_is_read_besides_events_and_emptied(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "events").write_bytes(lines(webhook(1)))
    put(data, "receive-1.jsonl", webhook(2), stream(3), "no event")
    put(data, "fetch-1.jsonl", rest(4))
    report = load_events(str(tmp_path / "events"), data)
    assert (report.files, report.events, report.rejected) == (3, 4, 1)
    assert inbox_files(data) == []
    assert len(landed(tmp_path)) == 4 and len(rejected(tmp_path)) == 1
    put(data, "receive-2.jsonl", webhook(5))
    report = load_events(str(tmp_path / "events"), data)
    assert (report.files, report.files_skipped, report.events) == (2, 1, 1)


def test_the_inbox_alone_is_enough_even_when_it_is_empty(tmp_path):
    data = tmp_path / "data"
    with pytest.raises(LoadError, match="EVENTS is empty"):
        load_events("", data)
    put(data, "receive-1.jsonl", webhook(1))
    assert load_events("", data).events == 1
    report = load_events("", data)
    assert (report.files, report.events) == (0, 0)


def test_what_still_belongs_to_its_writer_is_left_alone(tmp_path):
    data = tmp_path / "data"
    hidden = [put(data, ".fetch-1.jsonl", rest(1)), put(data, ".fetch.json", "{}")]
    put(data, "fetch-0.jsonl", rest(2))
    assert load_events("", data).events == 1
    assert all(path.exists() for path in hidden)


def test_an_inbox_within_events_is_read_once(tmp_path):
    data = tmp_path / "data"
    put(data, "receive-1.jsonl", webhook(1))
    (data / "more").write_bytes(lines(webhook(2)))
    assert load_events(str(data), data).events == 2


def test_what_is_added_while_it_is_loaded_stays_for_the_next_load(tmp_path, monkeypatch):
    data = tmp_path / "data"
    path = make_folder(data, ACCOUNT, WORKSPACE) / "receive-1.jsonl"
    file = LineFile(path)
    file.append(lines(webhook(1)))
    commit = loading.commit

    def adding(*arguments):
        assert file.append(lines(webhook(2)))
        commit(*arguments)

    monkeypatch.setattr(loading, "commit", adding)
    assert load_events("", data).events == 1
    assert inbox_files(data) == [path]
    monkeypatch.setattr(loading, "commit", commit)
    assert load_events("", data).events == 1
    assert inbox_files(data) == []
    assert not file.append(lines(webhook(3)))  # its writer notices, and begins another
    assert len(landed(tmp_path)) == 2


def test_a_line_that_was_torn_is_a_reject(tmp_path):
    data = tmp_path / "data"
    path = put(data, "receive-1.jsonl", webhook(1))
    path.write_bytes(path.read_bytes() + b'{"AccountSid": "AC1", "Eve')
    report = load_events("", data)
    assert (report.events, report.rejected) == (1, 1)
    assert inbox_files(data) == []


def test_killed_at_any_moment_of_the_load(tmp_path):
    imports = "from flex_insights.load_events import load_events"
    work = "load_events('', pathlib.Path(data))"

    def prepared(moment):
        data = tmp_path / str(moment) / "data"
        put(data, "receive-1.jsonl", webhook(1), "no event")
        put(data, "fetch-1.jsonl", rest(2))
        return data

    moments = int(run_until(0, imports, work, prepared(0)).stdout)
    assert moments > 10 and inbox_files(tmp_path / "0" / "data") == []
    for moment in range(1, moments + 1, 2):
        data = prepared(moment)
        assert run_until(moment, imports, work, data).returncode == -signal.SIGKILL
        load_events("", data)
        assert (len(landed(data.parent)), len(rejected(data.parent))) == (2, 1)
        assert inbox_files(data) == []


def test_the_list_of_what_was_loaded_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.load_events.FILES_BEFORE_MERGE", 3)
    data = tmp_path / "data"
    (tmp_path / "events").write_bytes(lines(webhook(0)))
    for number in range(1, 20):
        put(data, f"receive-{number}.jsonl", webhook(number))
        load_events(str(tmp_path / "events"), data)
    known = [json.loads(path.read_text()) for path in Ledger(data / "loads").files]
    assert sum(len(load["paths"]) for load in known) < 7
    assert sum(len(load["contents"]) for load in known) < 7
    assert load_events(str(tmp_path / "events"), data).files_skipped == 1
    assert len(landed(tmp_path)) == 20


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(settings_module, "PROJECT", tmp_path)
    return tmp_path


def chosen(**environment):
    settings = read_settings(environment)
    return settings.events, str(settings.data)


def test_the_sample_is_used_only_where_there_is_nothing_else(project):
    assert chosen() == ("sample/events", "data/sample")
    assert chosen(DATA="elsewhere") == ("sample/events", "elsewhere")
    put(project / "elsewhere", "receive-1.jsonl", webhook(1))
    assert chosen(DATA="elsewhere") == ("", "elsewhere")
    assert chosen() == ("sample/events", "data/sample")
    path = put(project / "data", "receive-1.jsonl", webhook(1))
    assert chosen() == ("", "data")
    path.unlink()  # landed and taken away
    assert chosen() == ("", "data") and is_in_use(project / "data")
    (project / "data" / "events").mkdir()
    (project / "data" / "events" / "a").touch()
    assert chosen() == ("data/events", "data")
    assert chosen(EVENTS="here") == ("here", "data")


def test_what_fetches_and_receives_never_writes_to_the_sample(project):
    assert read_settings({}, may_use_sample=False).data == settings_module.OWN_DATA


def test_a_privacy_command_covers_what_waits_in_the_inbox(tmp_path, monkeypatch):
    """Even if nothing else was ever loaded."""
    data, attributes = tmp_path / "data", json.dumps({"from": "+14155550100", "name": "Ada"})
    put(data, "receive-1.jsonl", webhook(1, TaskAttributes=attributes))
    monkeypatch.setattr(command, "_build_again", lambda *_: None)
    command.run_action("redact", settings_module.Settings("", data), {"ACCOUNT": ACCOUNT})
    assert inbox_files(data) == [] and len(landed(tmp_path)) == 1
    assert files_that_hold(data, ["14155550100", "Ada"]) == []
