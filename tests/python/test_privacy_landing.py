"""Redaction and erasure in the landing zone: what they take, what they leave, and interruptions."""

import json
import os
import signal
from datetime import datetime, timezone

import pyarrow as pa
import pytest
from byte_search import files_that_hold
from conftest import PROJECT, SETTINGS
from killing import run_until
from loading_support import ACCOUNT, landed, lines, load, rejected, rest, text_of, webhook
from shapes import b64, camel, with_text

from flex_insights.loading.hipaa import filtered_event
from flex_insights import cli
from flex_insights.privacy import erase
from flex_insights.privacy.errors import WrongUse
from flex_insights.privacy.expire import midnight
from flex_insights.privacy.forget import clean_rejects
from flex_insights.privacy.mentions import Mentions, customer_names, normalised
from flex_insights.privacy.redact import redact
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import Rewriting
from flex_insights.progress import Progress

SECRET = "SENTINEL"
OTHER = "AC" + "9" * 32
WEBHOOK_AND_REST = (
    webhook(1, TaskAttributes=json.dumps({"from": SECRET, "call_sid": "CA1"})),
    {
        "sid": "EV2", "event_type": "task.created", "event_date_ms": "1", "account_sid": ACCOUNT,
        "event_data": {
            "task_sid": "WT2", "task_attributes": json.dumps({"name": SECRET, "reason": "r"}),
        },
    },
    webhook(3, AccountSid=OTHER, TaskAttributes=json.dumps({"from": "of another account"})),
)
FILES = {"a": lines(*WEBHOOK_AND_REST, f'{{"cut": "{SECRET}'), "b": lines(webhook(4, Unknown=SECRET))}


def quiet():
    return Progress(open(os.devnull, "w"))


def contents(folder):
    columns = "account_sid, event, form, position, element, load_id, landing_id"
    return landed(folder, columns), rejected(folder, "text, position, reason")


def test_redaction_does_what_the_filter_would_have_done(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
        load(folder, FILES, hipaa_accounts=ACCOUNT if folder == before else "")
    assert contents(before) != contents(after)
    said = redact(after / "data", [ACCOUNT], quiet()).said
    assert contents(before) == contents(after)
    assert said[0] == "3 events filtered" and said[2] == "1 rejected lines without their text"
    assert files_that_hold(after / "data", [SECRET]) == []
    # once more changes nothing, above all no hash
    assert redact(after / "data", [ACCOUNT], quiet()).said[0] == "0 events filtered"
    assert contents(before) == contents(after)


def test_what_comes_after_redaction_is_filtered_without_being_asked(tmp_path):
    load(tmp_path, FILES)
    redact(tmp_path / "data", [ACCOUNT], quiet())
    load(tmp_path, {"c": lines("17") + FILES["b"] + FILES["a"]})
    assert len(landed(tmp_path)) == 8
    assert files_that_hold(tmp_path / "data", [SECRET]) == []


def test_an_event_that_cannot_be_redacted_becomes_a_reject(tmp_path):
    deep = text_of(webhook(1))[:-1] + ', "Deep": ' + "[" * 5000 + "]" * 5000 + "}"
    load(tmp_path, {"a": lines(deep, webhook(2))})
    assert len(landed(tmp_path)) == 2
    redact(tmp_path / "data", ["all"], quiet())
    assert len(landed(tmp_path)) == 1
    assert rejected(tmp_path, "text, position") == [("", 1)]


DERIVED = (
    *("flex_insights.duckdb", "flex_insights.duckdb.wal", "published/manifest.json", "logs/dbt.log"),
    "spark/warehouse/marts.db/dim_customers/part-0.parquet",
)


def prepare(folder):
    folder.mkdir()
    load(folder, FILES)
    for name in DERIVED:
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET)


def killed(folder, moment):
    imports = "from flex_insights.privacy.redact import redact\nfrom flex_insights.progress import Progress"
    work = "redact(pathlib.Path(data), others, Progress(open(os.devnull, 'w')))"
    return run_until(moment, imports, work, folder / "data", ACCOUNT)


def test_killed_at_any_moment_it_is_done_or_not_begun(tmp_path):
    undisturbed = tmp_path / "undisturbed"
    prepare(undisturbed)
    moments = int(killed(undisturbed, 0).stdout)
    assert moments > 15
    for moment in range(1, moments + 1, 5):
        folder = tmp_path / str(moment)
        prepare(folder)
        before = contents(folder)
        assert killed(folder, moment).returncode == -signal.SIGKILL
        counts = (folder / "data" / "tmp" / "load" / "journal.json").exists()
        load(folder)  # as the next build does
        texts = [row[1] for row in contents(folder)[0]]
        if not counts and contents(folder) == before:
            assert (folder / "data" / DERIVED[0]).exists()
        else:
            assert SECRET not in str(texts) and files_that_hold(folder / "data", [SECRET]) == []
            assert not (folder / "data" / DERIVED[0]).exists()
            assert [e for e in texts if OTHER in e] == [text_of(WEBHOOK_AND_REST[2])]
        redact(folder / "data", [ACCOUNT], quiet())
        assert files_that_hold(folder / "data", [SECRET]) == []


# -- erased customers


def forget_by_hand(folder, kind, account, value):
    register = Register(folder / "data")
    register.add(kind, account, [value])
    Rewriting(folder / "data").finish(register, rebuild=False)


def call(number, task, **attributes):
    return webhook(number, TaskSid=task, TaskAttributes=json.dumps(attributes))


@pytest.mark.parametrize("order", [1, -1])
def test_what_arrives_of_an_erased_customer_goes_with_all_that_is_tied_to_it(tmp_path, order):
    known = call(90, "WT9", **{"from": "+19995550000"}), call(91, "WTold", name=SECRET)
    load(tmp_path, {"first": lines(*known)})
    forget_by_hand(tmp_path, "customer", ANY_ACCOUNT, normalised("+15551234"))
    events = [
        call(1, "WT1", **{"from": "whatsapp:+1 555-1234", "flexInteractionSid": "KD1"}),
        call(2, "WT2", flexInteractionSid="KD1", call_sid="CA1", name=SECRET),
        call(3, "WT3", call_sid="CA1", name=SECRET),
        call(4, "WT3", note=SECRET),
        call(5, "WT4", previous_task_sid="WT3", name=SECRET),
        call(6, "WTold", **{"from": "+15551234"}),
        call(7, "WT9", **{"from": "+19995550000", "name": "somebody else"}),
    ]
    load(tmp_path, {"second": lines(*events[::order])})
    assert files_that_hold(tmp_path / "data", [SECRET, "1 555-1234", "+15551234"]) == []
    kept = [json.loads(json.loads(text)["TaskAttributes"]) for text in landed(tmp_path)]
    assert {"from": "+19995550000", "name": "somebody else"} in kept
    assert len(kept) == 9
    # one and the same hash still ties what was tied
    assert len({a["flexInteractionSid"] for a in kept if "flexInteractionSid" in a}) == 1


def test_what_landed_before_and_is_tied_to_an_erased_arrival_goes_too(tmp_path):
    load(tmp_path, {"first": lines(call(90, "WTU", call_sid="CAX", name=SECRET), call(91, "WTZ"))})
    forget_by_hand(tmp_path, "customer", ANY_ACCOUNT, normalised("+15551234"))
    load(tmp_path, {"second": lines(call(1, "WTV", **{"from": "+15551234", "call_sid": "CAX"}))})
    assert files_that_hold(tmp_path / "data", [SECRET, "+15551234", "CAX"]) == []
    kept = [json.loads(json.loads(text)["TaskAttributes"]) for text in landed(tmp_path)]
    assert len({a["call_sid"] for a in kept if "call_sid" in a}) == 1 and len(kept) == 3


def test_ids_times_and_numbers_of_others_events_stay():
    fields = {
        "task_sid": "48213", "reservation_version": "48213", "reason": "call 48213",
        "task_attributes": json.dumps({"type": "48213", "note": "line\n48213", "n": 48213, "a": "b"}),
    }
    event = {"sid": "EV-48213", "event_date_ms": "48213", "event_data": fields, "time": "2026-03-02"}
    mentions = Mentions(["48213", "20260302"])
    kept = json.loads(erase.scrubbed_event(json.dumps(event), ACCOUNT, mentions))
    attributes = json.loads(kept["event_data"].pop("task_attributes"))
    assert attributes == {"a": "b"}
    assert kept == {
        "sid": "EV-48213", "event_date_ms": "48213", "time": "2026-03-02",
        "event_data": {"task_sid": "48213", "reservation_version": "48213"},
    }


@pytest.mark.parametrize("wrap", [str, json.dumps, b64, lambda text: b64(text, packed=True)])
def test_rejects_are_looked_into_as_deep_as_by_the_loader(wrap):
    mentioning = text_of(webhook(1, TimestampMs=None, TaskAttributes='{"from": "+442079460001"}'))
    other = text_of(webhook(2, TimestampMs=None))
    wrapped = [f"INFO {json.dumps({'Records': [{'body': wrap(t)}]})}" for t in (mentioning, other)]
    rows = pa.table({"text": wrapped, "source_file": ["a", "a"]})

    def cleaned(*of_whom):
        return clean_rejects(rows, *of_whom)["text"].to_pylist()

    assert cleaned(Mentions(["+442079460001"])) == ["", wrapped[1]]
    assert cleaned(Mentions([]), {f"WT{2:032x}"}) == [wrapped[0], ""]


def test_events_spelled_otherwise_are_erased_and_scrubbed():
    event = rest(1, event_data={"task_sid": "WT1", "task_attributes": '{"from": "+442079460001"}'})
    mentions = Mentions(["+442079460001"])
    for spelled in (event, with_text(event, "event_data"), camel(event), with_text(camel(event), "eventData")):
        for change in (erase.erased_event, lambda text, _, *rest: erase.scrubbed_event(text, *rest)):
            kept = json.loads(change(text_of(spelled), "rest", ACCOUNT, mentions))
            assert "442079460001" not in text_of(kept)
            assert kept["event_data"]["task_sid"] == "WT1"


def test_an_account_that_was_not_meant_is_left_alone(tmp_path):
    load(tmp_path, {"first": lines(webhook(90))})
    forget_by_hand(tmp_path, "customer", OTHER, normalised("+15551234"))
    mine = call(1, "WT1", **{"from": "+15551234"})
    load(tmp_path, {"second": lines(mine, {**mine, "AccountSid": OTHER, "Sid": "EVx"})})
    texts = landed(tmp_path, order="position, account_sid")
    assert text_of(mine) in texts
    assert sum("+15551234" in text for text in texts) == 1


def test_an_erased_event_keeps_what_counts():
    attributes = {
        "from": SECRET, "call_sid": "CA1", "from_country": "US", "channelSid": SECRET,
        "recordings": [SECRET], "reservation_attributes": {"WR1": {"media": SECRET}},
        "conversations": {
            "outcome": "sold", "hold_time": 5, "content": SECRET, "media": [SECRET],
            "conversation_label_1": SECRET, "conversation_attribute_10": SECRET,
            "conversation_measure_1": 7, "segment_link": SECRET, "case": "about x@example.com",
            "conversation_id": "X@example.com",
        },
        "customers": {"gender": "f", "customer_label_3": SECRET, "customer_link": SECRET,
                      "customer_attribute_1": SECRET},
    }
    text = text_of(webhook(1, TaskAttributes=json.dumps(attributes)))
    kept = erase.erased_event(text, "webhook", ACCOUNT, Mentions(["x@example.com"]))
    assert SECRET not in kept and "x@example.com" not in kept.lower()
    kept = json.loads(json.loads(kept)["TaskAttributes"])
    assert kept["from_country"] == "US" and kept["customers"] == {"gender": "f"}
    assert kept["conversations"].keys() == {
        "outcome", "hold_time", "conversation_measure_1", "conversation_id"
    }
    hashes = (kept["call_sid"], kept["conversations"]["conversation_id"])
    assert all(len(value) == 64 for value in hashes)
    again = filtered_event(text_of(webhook(1, TaskAttributes=json.dumps(kept))), "webhook", ACCOUNT)
    assert json.loads(json.loads(again)["TaskAttributes"])["call_sid"] == hashes[0]


@pytest.mark.parametrize(
    ("value", "text", "is_mentioned"),
    [
        ("+15551234567", "call (555) 123-4567", False),
        ("+15551234567", "sip:+15551234567@x", True),
        ("+15551234567", "1 555-123-4567.", True),
        ("+15551234567", "915551234567", False),
        ("Ann@Example.com", "mailto:ANN@example.com;", True),
        ("whatsapp:+4930123456", "+4930123456", True),
        ("4711", "4711", False),
        ("cust-4711", "the customer CUST-4711!", True),
        ("cust-1", "CUST-12", False),
        ("cust-1", "id=cust-1.", True),
        ("ann@example.com", "joann@example.com", False),
        ("ann@example.com", "https://crm/?who=ann%40example.com&x", True),
        ("48213", "WTab48213cddd", False),
        ("20260302", "2026-03-02T10:00:00Z", False),
    ],
)
def test_mentions(value, text, is_mentioned):
    assert Mentions(customer_names(value)).in_text(text, ACCOUNT) == is_mentioned


def test_by_hashes_alone_words_and_numbers_are_recognised(tmp_path):
    register = Register(tmp_path)
    for value in ("+15551234567", "ann@example.com", "cust-4711"):
        register.add("customer", ACCOUNT, customer_names(value))
    mentions = Mentions((), (), register)
    for text in ("sip:+15551234567@x", "a <Ann@Example.com>", "(555) 1-555-123-4567", "id=cust-4711;"):
        assert mentions.in_text(text, ACCOUNT) or "(555)" in text
        assert not mentions.in_text(text, OTHER)
    assert not mentions.in_text("nobody in particular, 12345", ACCOUNT)


@pytest.mark.parametrize(
    ("action", "settings", "sentence"),
    [
        ("forget", {}, "CUSTOMER is empty"),
        ("forget", {"CUSTOMER": "+266696687"}, "stands for all who withhold"),
        ("redact", {"ACCOUNT": " "}, "ACCOUNT is empty"),
        ("expire", {"BEFORE": "yesterday"}, "BEFORE=yesterday is no date"),
        ("expire", {"BEFORE": "9999-12-31"}, "is still to come"),
        ("redact", {"ACCOUNT": "ACtypo"}, "has no events in"),
        ("forget", {"CUSTOMER": "+15551234", "ACCOUNT": "AC1,AC2"}, "has no events in"),
        ("forget", {"CUSTOMER": "+1555"}, "holds nothing that was loaded"),
    ],
)
def test_a_command_that_lacks_something_says_so(
    tmp_path, monkeypatch, capsys, action, settings, sentence
):
    for name in (*SETTINGS, "CUSTOMER", "ACCOUNT", "BEFORE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"DATA": str(tmp_path / "none"), **settings}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["flex-insights", action])
    monkeypatch.chdir(PROJECT)
    assert cli.main() == 1
    said = capsys.readouterr()
    assert said.out == "" and sentence in said.err and len(said.err.splitlines()) == 1


def test_a_date_begins_at_midnight_of_the_reporting_zone():
    assert midnight("2026-03-29", "Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=timezone.utc)
    with pytest.raises(WrongUse):
        midnight("2026-13-01", "UTC")
