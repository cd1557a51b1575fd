"""Every shape in which people keep events lands them all, alone and together, also under HIPAA."""

import json

import duckdb
import pytest
from byte_search import files_that_hold
from loading_support import landed, load, rejected
from shapes import PLAIN_TASK, SECRET, SHAPES, account, files_of, plain_task

from flex_insights.loading.commit import WORKSPACE

NUMBERS = {name: number for number, name in enumerate(SHAPES, 1)}


@pytest.mark.parametrize("name", SHAPES)
def test_shape_alone(tmp_path, name):
    number = NUMBERS[name]
    report = load(tmp_path, files_of(name, number))
    assert rejected(tmp_path) == []
    assert (report.events, report.rejected) == (9, 0)
    assert landed(tmp_path, "distinct account_sid", "1") == [account(number)]
    events = landed(tmp_path)
    for event in plain_task(number):
        assert sum(event["id"] in text for text in events) == 1
    assert load(tmp_path).events == 0
    assert load(tmp_path, {f"again/{k}": v for k, v in files_of(name, number).items()}).events == 0


def all_files(secret=""):
    """The files of all shapes, for one load."""
    return {
        f"{number}/{file}": content
        for name, number in NUMBERS.items()
        for file, content in files_of(name, number, secret).items()
    }


def landed_ids(folder):
    """Account and id of every event that landed, whatever its spelling."""
    found = []
    for holder, text in landed(folder, "account_sid, event"):
        ids = [event["id"] for event in EVENTS[holder] if event["id"] in text]
        found += [(holder, event_id) for event_id in ids]
    return sorted(found)


EVENTS = {account(number): plain_task(number) for number in NUMBERS.values()}
ALL_IDS = sorted((holder, event["id"]) for holder, events in EVENTS.items() for event in events)


def test_all_shapes_in_one_load(tmp_path):
    report = load(tmp_path, all_files())
    assert rejected(tmp_path) == []
    assert report.events == len(ALL_IDS) == len(SHAPES) * len(PLAIN_TASK)
    assert landed_ids(tmp_path) == ALL_IDS


def _names_of(found):
    """The shapes of input files."""
    names = {str(number): name for name, number in NUMBERS.items()}
    return {names.get(path.split("/")[-2]) or "" for path, _ in found}


def test_under_hipaa_no_shape_leaves_a_secret_anywhere(tmp_path, monkeypatch):
    files = all_files(SECRET)
    assert sum(SECRET.encode() in content for content in files.values()) > len(SHAPES) / 2
    # what is written aside too
    monkeypatch.setattr("flex_insights.load_events.commit", lambda *_: None)
    monkeypatch.setattr("flex_insights.load_events.discard", lambda *_: None)
    report = load(tmp_path, files, hipaa_accounts="all")
    assert (report.events, report.rejected) == (len(ALL_IDS), 0)
    assert files_that_hold(tmp_path / "data", [SECRET]) == []
    # that would have been seen: base64 of the input holds it
    assert any("kinesis" in name for name in _names_of(files_that_hold(tmp_path / "events", [SECRET])))
    written = f"{tmp_path}/data/{WORKSPACE}/files/raw/**/*.parquet"
    rows = duckdb.sql(f"select account_sid, event, form from read_parquet('{written}', hive_partitioning = false)")
    for holder, text, form in rows.fetchall():
        event = json.loads(text)
        fields = {
            "webhook": event,
            "rest": event.get("event_data"),
            "event_streams": event.get("data", {}).get("payload"),
        }[form]
        assert fields["TaskSid" if form == "webhook" else "task_sid"] == f"WT{holder[2:]}"


def test_rejects_of_wrapped_events_keep_no_text_under_hipaa(tmp_path):
    incomplete = {name: files_of(name, number, SECRET) for name, number in NUMBERS.items()}
    cut = {
        f"{number}": content[: len(content) * 2 // 3]
        for number, files in enumerate(incomplete.values())
        for content in files.values()
    }
    load(tmp_path, cut, hipaa_accounts="all")
    assert set(rejected(tmp_path, "text")) == {""}
    assert files_that_hold(tmp_path / "data", [SECRET]) == []
