"""Under HIPAA only what the allow-list names reaches the disk."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import duckdb
import pytest
from loading_support import ACCOUNT, landed, lines, load, rejected, rest, stream, text_of, webhook

from flex_insights.loading import fields, hipaa
from flex_insights.loading.commit import WORKSPACE

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "SENTINEL"
OTHER = "AC" + "9" * 32


def attributes(**changes):
    """Attributes with a secret wherever the list drops something."""
    kept = {
        "from_country": "US",
        "reason": "refill",
        "recordings": [{"any": {"thing": "kept"}}],
        "previous_task_sid": "WT0",
        "conversations": {
            "case": "C1",
            "handling_team_name_in_hierarchy": ["North", "East"],
            "media": [{"url": "kept"}],
            **{"case_secret": SECRET, "Case": SECRET, "nested": {"case": SECRET}},
            "campaign": {"name": SECRET},
        },
        "customers": {"gender": "f", "name": SECRET, "phone": SECRET, "email": SECRET},
        "from": SECRET,
        "to": [SECRET],
        "Conversations": {"case": SECRET},
        "channelSid": {"inner": SECRET},
        "direction": "inbound",
    }
    return json.dumps(kept | changes)


FILTERED = {
    "from_country": "US",
    "reason": "refill",
    "recordings": [{"any": {"thing": "kept"}}],
    "previous_task_sid": "WT0",
    "conversations": {
        "case": "C1",
        "handling_team_name_in_hierarchy": ["North", "East"],
        "media": [{"url": "kept"}],
    },
    "customers": {"gender": "f"},
    "direction": "inbound",
}


def filtered_attributes(event, form="webhook", account=ACCOUNT):
    event = json.loads(hipaa.filtered_event(text_of(event), form, account))
    return json.loads(event["TaskAttributes"])


def test_attributes_keep_what_is_listed():
    assert filtered_attributes(webhook(1, TaskAttributes=attributes())) == FILTERED


def test_linking_keys_become_hashes():
    links = {"call_sid": "CA1", "flexInteractionSid": "KD1", "transfer_sid": "TT1"}
    kept = filtered_attributes(webhook(1, TaskAttributes=json.dumps(links)))
    assert kept == {
        key: hashlib.sha256(f"{ACCOUNT}:{value}".encode()).hexdigest()
        for key, value in links.items()
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"outbound_to": "+1"}, {"direction": "outbound"}),
        ({"outbound_to": "+1", "direction": "sideways"}, {"direction": "outbound"}),
        ({"outbound_to": "+1", "direction": "Inbound"}, {"direction": "Inbound"}),
        ({"outbound_to": "", "direction": ""}, {"direction": ""}),
    ],
)
def test_direction_is_told_before_the_address_goes(given, kept):
    assert filtered_attributes(webhook(1, TaskAttributes=json.dumps(given))) == kept


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f'{{"from": "{SECRET}"',
        f'["{SECRET}"]',
        f'"{SECRET}"',
        f'{{"reason": "{SECRET}\\ud800"}}',
        '{"reason":' * 5000,
        "17",
        "",
    ],
)
def test_attributes_that_are_no_object_go(text):
    for key in ("TaskAttributes", "WorkerAttributes"):
        assert SECRET not in hipaa.filtered_event(
            text_of(webhook(1, **{key: text})), "webhook", ACCOUNT
        )


@pytest.mark.parametrize("value", [SECRET, [SECRET], 7])
def test_sections_that_are_no_objects_go(value):
    given = json.dumps({"conversations": value, "customers": value, "reason": "x"})
    assert filtered_attributes(webhook(1, TaskAttributes=given)) == {"reason": "x"}


def test_of_a_key_that_stands_twice_the_first_counts_as_in_the_models():
    customers = f'{{"type": "a", "type": "{SECRET}"}}'
    twice = f'{{"reason": "first", "reason": "{SECRET}", "customers": {customers}}}'
    kept = filtered_attributes(webhook(1, TaskAttributes=twice))
    assert kept == {"reason": "first", "customers": {"type": "a"}}


def secret_events(account):
    """An event of each form with secrets everywhere."""
    secrets = {"EventDescription": SECRET, "Unknown": {"a": SECRET}, "TaskAddOnAttributes": SECRET}
    snake = {
        "event_description": SECRET,
        "task_add_on_attributes": SECRET,
        "taskattributes": SECRET,
    }
    cloud = stream(
        3, account_sid=account, task_attributes=attributes(), worker_name=[SECRET], **snake
    )
    cloud["data"] |= {"description": SECRET}
    return [
        webhook(
            1, AccountSid=account, TaskAttributes=attributes(), WorkerName={"a": SECRET}, **secrets
        ),
        rest(
            2,
            account_sid=account,
            description=SECRET,
            event_data={
                **{"task_sid": "WT2", "reservation_sid": "WR2"},
                **{"task_attributes": attributes(), **snake},
            },
        ),
        {**cloud, "source": SECRET, "subject": SECRET},
    ]


@pytest.mark.parametrize("setting", ["all", f"AC0, {ACCOUNT}", [ACCOUNT], ACCOUNT.lower()])
def test_no_secret_touches_the_disk(tmp_path, setting, monkeypatch):
    damaged = [
        SECRET,
        f'{{"EventType": "{SECRET}',
        f'[1, "{SECRET}"]',
        {"EventType": SECRET},
        {"a": SECRET},
    ]
    events = secret_events(ACCOUNT)
    files = {
        "a": lines(*events, *damaged),
        "b": json.dumps({"events": events}, indent=1).encode() + b'{"cut": "' + SECRET.encode(),
        "c": gzip.compress(lines(*events[:2]) + SECRET.encode())[:-9],
    }
    monkeypatch.setattr("flex_insights.load_events.commit", lambda *_: None)  # what is written aside too
    monkeypatch.setattr("flex_insights.load_events.discard", lambda *_: None)
    load(tmp_path, files, hipaa_accounts=setting)
    written = [path for path in (tmp_path / "data" / WORKSPACE).rglob("*") if path.is_file()]
    assert any("raw" in path.parts for path in written)
    for path in written:
        assert SECRET not in everything_in(path), path


def everything_in(path):
    if path.suffix == ".parquet":
        return str(duckdb.sql(f"select * from '{path}'").fetchall())
    return path.read_text()


def test_rejects_say_where_and_why_only(tmp_path):
    load(
        tmp_path,
        {"a": lines(SECRET, webhook(1, AccountSid=OTHER, EventType=None))},
        hipaa_accounts=ACCOUNT,
    )
    assert [
        (text, position) for text, position, _ in rejected(tmp_path, "text, position, reason")
    ] == [
        ("", 1),
        ("", 2),
    ]


def test_other_accounts_stay_verbatim(tmp_path):
    texts = [text_of(event) for event in secret_events(OTHER)]
    load(tmp_path, {"a": lines(*texts)}, hipaa_accounts=ACCOUNT)
    assert landed(tmp_path) == texts


@pytest.mark.parametrize(
    "event",
    [
        text_of(webhook(1, TaskAttributes=attributes())).replace(
            "{", f'{{"AccountSid": "{OTHER}", ', 1
        ),
        text_of(webhook(1, AccountSid=OTHER, TaskAttributes=attributes(account_sid=ACCOUNT))),
        text_of(webhook(1, AccountSid=None, TaskAttributes=attributes())),
        text_of(webhook(1, AccountSid=f" {ACCOUNT.lower()} ", TaskAttributes=attributes())),
        text_of(webhook(1, AccountSid=OTHER, account_sid=ACCOUNT, TaskAttributes=attributes())),
        text_of(webhook(1, AccountSid=OTHER, TaskAttributes=attributes())).replace(
            "{", '{"account_sid": "\\u0041C' + "1" * 32 + '", ', 1
        ),
    ],
    ids=["twice", "in the attributes", "nowhere", "other letters", "in both spellings", "escaped"],
)
def test_an_account_is_recognised_in_disguise(tmp_path, event):
    load(tmp_path, {"a": lines(event)}, hipaa_accounts=ACCOUNT)
    (kept,) = landed(tmp_path)
    assert SECRET not in kept


def test_an_event_that_cannot_be_filtered_is_rejected_without_text(tmp_path):
    deep = text_of(webhook(1))[:-1] + ', "Deep": ' + "[" * 5000 + "]" * 5000 + "}"
    report = load(tmp_path, {"a": lines(deep)}, hipaa_accounts="all")
    assert (report.events, report.rejected) == (0, 1)
    assert rejected(tmp_path, "text") == [""]


def test_kept_fields_are_those_that_staging_reads():
    macro = (PROJECT / "macros" / "event_fields.sql").read_text()
    listed = re.search(r"macro event_fields\(\).*?return\(\[(.*?)\]\)", macro, re.DOTALL).group(1)
    assert set(re.findall(r"'(\w+)'", listed)) == set(fields.EVENT_FIELDS)
