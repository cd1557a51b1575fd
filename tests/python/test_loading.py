"""What becomes of an object, a line, a file: event or reject, and with which words."""

import json
import os
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from loading_support import ACCOUNT, landed, lines, load, rejected, rest, stream, text_of, webhook

from flex_insights.load_events import LoadError, load_events
from flex_insights.loading import reasons
from flex_insights.loading.fields import pascal_case
from flex_insights.loading.recognise import Recogniser

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"


def test_each_form_lands_verbatim(tmp_path):
    texts = [
        text_of(webhook(1)),
        " " + text_of(rest(2)).replace(": ", " :  ") + "\t",
        text_of(stream(3)),
    ]
    load(tmp_path, {"a": lines(*texts)})
    columns = "account_sid, event, form, source_file, position, element"
    assert landed(tmp_path, columns) == [
        (ACCOUNT, text.strip(), form, f"{tmp_path}/events/a", line, 0)
        for line, (text, form) in enumerate(zip(texts, ("webhook", "rest", "event_streams")), 1)
    ]


def test_folders_are_by_account_and_columns_are_as_agreed(tmp_path):
    report = load(tmp_path, {"a": lines(webhook(1))})
    (file,) = (tmp_path / "data" / "raw" / f"account_sid={ACCOUNT}").iterdir()
    assert file.suffix == ".parquet"
    columns = "load_id, loaded_at"
    assert landed(tmp_path, columns) == [(report.load_id, report.loaded_at.replace(tzinfo=None))]


@pytest.mark.parametrize("folder", ["raw/account_sid=unknown", "rejected"])
def test_there_is_always_a_file_to_read(tmp_path, folder):
    load(tmp_path, {"a": b""})
    assert (tmp_path / "data" / folder / "empty.parquet").exists()
    assert landed(tmp_path) == rejected(tmp_path) == []


def test_account_is_the_events_else_of_its_attributes_else_unknown(tmp_path):
    attributes = json.dumps({"account_sid": "ACattributes"})
    task = {"task_attributes": attributes}
    events = [
        webhook(1, AccountSid="ACown", TaskAttributes=attributes),
        webhook(2, AccountSid="", TaskAttributes=attributes),
        rest(3, account_sid=None, event_type="activity.created", event_data=task),
        stream(4, account_sid=None, task_attributes=attributes),
        webhook(5, AccountSid=None),
        webhook(6, AccountSid=None, TaskAttributes="not JSON"),
        webhook(7, AccountSid=None, TaskAttributes="[1]"),
    ]
    load(tmp_path, {"a": lines(*events)})
    accounts = landed(tmp_path, "account_sid")
    assert accounts == ["ACown", *["ACattributes"] * 3, *["unknown"] * 3]


@pytest.mark.parametrize(
    "account",
    ["../../../etc", "a/b", "..", ".", " ", "x" * 5000, "Zoë ✓", "a\x00b", "%2e%2e", "'; drop"],
)
def test_no_account_escapes_the_folder(tmp_path, account):
    load(tmp_path, {"a": lines(webhook(1, AccountSid=account))})
    assert landed(tmp_path, "account_sid") == [account]
    written = [path.relative_to(tmp_path / "data").parts for path in tmp_path.rglob("0*.parquet")]
    assert [(parts[0], len(parts)) for parts in written] == [("raw", 3)]


def test_accounts_that_differ_in_odd_characters_have_folders_of_their_own(tmp_path):
    load(tmp_path, {"a": lines(webhook(1, AccountSid="a/b"), webhook(2, AccountSid="a.b"))})
    assert len(list((tmp_path / "data" / "raw").iterdir())) == 3  # and that of 'unknown'


@pytest.mark.parametrize(
    "changes",
    [
        {"TimestampMs": 1700000000000},
        {"TimestampMs": None, "Timestamp": "1700000000"},
        {"TimestampMs": "soon", "Timestamp": "1700000000"},
        {"TimestampMs": "", "Timestamp": "2023-11-14"},
        {"TimestampMs": "0"},
        {"TimestampMs": "253402300799999"},
        *[
            {"TimestampMs": "2023-11-14T22:13" + rest_of_time}
            for rest_of_time in (
                "",
                "Z",
                ":20",
                ":20.1",
                ":20.123456789Z",
                ":20+05:30",
                ":20-0330",
                ":20+01",
            )
        ],
        {"TimestampMs": "2023-11-14 22:13:20"},
    ],
    ids=str,
)
def test_times_that_can_be_read(tmp_path, changes):
    assert load(tmp_path, {"a": lines(webhook(1, **changes))}).events == 1


@pytest.mark.parametrize(
    "time",
    [
        "soon", "2023-02-30T00:00:00Z", "0000-12-31T00:00:00Z", "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "-1", "1.7e12", "253402300800000",
        "9" * 30, "infinity", "epoch", "2023-11-14T25:00:00Z", "14.11.2023", True, [1], {"ms": 1},
    ],
    ids=str,
)  # fmt: skip
def test_times_that_cannot_be_read(tmp_path, time):
    load(tmp_path, {"a": lines(webhook(1, TimestampMs=time, Timestamp=time))})
    assert rejected(tmp_path) == [(1, reasons.UNREADABLE_TIME)]


def test_time_may_be_the_second_choice_in_every_form(tmp_path):
    second_choice = stream(3, timestamp="soon")
    events = [rest(1, event_date_ms=None), rest(2, event_date_ms="soon"), second_choice]
    assert load(tmp_path, {"a": lines(*events)}).events == 3


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (webhook(1, TimestampMs=None), reasons.NO_TIME),
        (webhook(1, TimestampMs="", Timestamp=None), reasons.NO_TIME),
        (rest(1, event_date=None, event_date_ms=None), reasons.NO_TIME),
        ({**stream(1, timestamp=None), "time": ""}, reasons.NO_TIME),
        (webhook(1, EventType=None), reasons.NO_TYPE),
        (webhook(1, EventType=""), reasons.NO_TYPE),
        (rest(1, event_type=None), reasons.NO_TYPE),
        ({**stream(1, eventtype=None), "type": ""}, reasons.NO_TYPE),
        ({**stream(1, eventtype=None), "type": "com.twilio.taskrouter."}, reasons.NO_TYPE),
        (webhook(1, EventType="onMessageSent"), reasons.FOREIGN_TYPE),
        ({"EventType": "room.created", "AccountSid": ACCOUNT}, reasons.FOREIGN_TYPE),
        (
            {"specversion": "1.0", "type": "com.twilio.messaging.sent", "data": {}},
            reasons.FOREIGN_STREAM,
        ),
        ({**stream(1), "type": "com.twilio.messaging.sent"}, reasons.FOREIGN_STREAM),
        ({"object": "WFMWorkerChange", "records": []}, reasons.ADHERENCE_FEED),
        ({"sid": "WT1", "assignment_status": "pending", "attributes": "{}"}, reasons.TASK_RESOURCE),
        ({"sid": "WK1", "url": "https://taskrouter.twilio.com/v1/x"}, reasons.REST_RESOURCE),
        (stream(1)["data"]["payload"], reasons.BARE_PAYLOAD),
        ({}, reasons.EMPTY_OBJECT),
        ({"hello": "world"}, reasons.UNKNOWN_OBJECT),
    ],
    ids=str,
)
def test_objects_that_are_no_events(tmp_path, event, reason):
    load(tmp_path, {"a": lines(event)})
    assert rejected(tmp_path, "text, position, reason") == [(text_of(event), 1, reason)]


@pytest.mark.parametrize(
    ("event_type", "fields", "reason"),
    [
        ("task.canceled", "", reasons.NO_TASK),
        ("task.something-new", "", reasons.NO_TASK),
        ("task-queue.moved", "", reasons.NO_TASK),
        ("workflow.skipped", "", reasons.NO_TASK),
        ("task-queue.created", "", None),
        ("workflow.updated", "", None),
        ("activity.created", "", None),
        ("task.canceled", "resource_sid WTa", None),
        ("task.canceled", "resource_sid WQa", reasons.NO_TASK),
        ("reservation.created", "", reasons.NO_TASK_AND_RESERVATION),
        ("reservation.created", "task_sid any", reasons.NO_RESERVATION),
        ("reservation.created", "reservation_sid any", reasons.NO_TASK),
        ("reservation.created", "task_sid any, resource_sid WRa", None),
        ("reservation.created", "task_sid any, resource_sid WTa", reasons.NO_RESERVATION),
        ("worker.created", "task_sid any", reasons.NO_WORKER),
        ("worker.created", "worker_sid any", None),
        ("worker.activity", "resource_sid WKa", None),
    ],
)
@pytest.mark.parametrize("form", ["webhook", "rest", "event_streams"])
def test_events_name_what_their_type_needs(tmp_path, event_type, fields, reason, form):
    given = dict(field.split() for field in fields.split(", ") if field)
    ids = {name: given.get(name, "") for name in ("task_sid", "reservation_sid", "worker_sid")}
    resource = {"resource_sid": given.get("resource_sid")}
    if form == "webhook":
        spelled = {pascal_case(name): value for name, value in (ids | resource).items()}
        event = webhook(1, EventType=event_type, **spelled)
    elif form == "rest":
        event = rest(1, event_type=event_type, event_data=ids, **resource)
    else:
        event = stream(1, eventtype=event_type, **ids, **resource)
    load(tmp_path, {"a": lines(event)})
    assert rejected(tmp_path, "reason") == [reason] * (reason is not None)


@pytest.mark.parametrize(
    "event",
    [
        webhook(1, EventType="routing-plan.created"),  # a new family, but of a workspace
        rest(1, event_type="worker.activity", resource_sid="WK1"),
        {**stream(1, eventtype=None), "type": "com.twilio.taskrouter.rota.changed"},
        {**stream(1), "type": None},
    ],
    ids=str,
)
def test_unknown_types_are_events(tmp_path, event):
    assert load(tmp_path, {"a": lines(event)}).events == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"EventType": "task.cre', reasons.CUT_OFF),
        (b'{"EventType": "task.created",', reasons.CUT_OFF),
        (b'{"EventType": "x", "Timestamp": 17', reasons.CUT_OFF),
        (b'{"EventType": tru', reasons.CUT_OFF),
        (b'{"EventType": "\\u12', reasons.CUT_OFF),
        (b"hello, world", reasons.PLAIN_TEXT),
        (b"n/a", reasons.PLAIN_TEXT),
        (b"\x00\x00", reasons.NUL_BYTE),
        (lines(webhook(1)).strip().replace(b"task", b"ta\x00sk", 1), reasons.NUL_BYTE),
        (lines(webhook(1)).strip().replace(b"task", b"ta\tsk", 1), reasons.CONTROL_CHARACTER),
        (lines(webhook(1)).strip().replace(b"task", b"ta\xffsk", 1), reasons.BAD_UTF8),
        (lines(webhook(1)).strip().replace(b"task", b"ta\\ud800sk", 1), reasons.LONE_SURROGATE),
        (lines(webhook(1)).strip().replace(b"}", b",}", 2), reasons.NOT_JSON),
        (lines(webhook(1)).strip().replace(b'"', b"'"), reasons.NOT_JSON),
        (b"17", reasons.SCALAR),
        (b'"text"', reasons.SCALAR),
        (b"null", reasons.SCALAR),
        (b"[1, 2, [3], null]", reasons.ARRAY_OF_SCALARS),
        (b'{"events": [1]}', reasons.ARRAY_OF_SCALARS),
        (b"[" * 100_000, reasons.CUT_OFF),
        (b'{"a":' * 100_000, reasons.TOO_DEEP),
        (b'{"a": ' + b"9" * 5000 + b" 1}", reasons.NOT_JSON),
    ],
)
def test_lines_that_are_no_objects(tmp_path, line, reason):
    load(tmp_path, {"a": lines(webhook(1)) + line + b"\n" + lines(webhook(2))})
    text = line.decode("utf-8", "replace")
    assert rejected(tmp_path, "text, position, reason") == [(text, 2, reason)]
    assert landed(tmp_path, "position") == [1, 3]


def test_damaged_texts_inside_an_event_are_the_events_own_affair(tmp_path):
    attributes = ["", "{}", "{cut", '{"a": "\\ud800"}', "[1,]", " " * 100 + "{}"]
    events = [webhook(i, TaskAttributes=text) for i, text in enumerate(attributes)]
    assert load(tmp_path, {"a": lines(*events)}).events == len(attributes)


def test_key_that_stands_twice(tmp_path):
    text = text_of(webhook(1)).replace("{", '{"AccountSid": "ACfirst", ', 1)
    load(tmp_path, {"a": lines(text)})
    assert landed(tmp_path, "account_sid") == ["ACfirst"]


def test_numbers_of_any_length_are_passed_on(tmp_path):
    digits = "9" * 5000
    texts = [text_of(webhook(1))[:-1] + f', "x": {x}}}' for x in ("1e999", digits, "-0.5E+3")]
    load(tmp_path, {"lines": lines(*texts), "document": f"[{', '.join(texts)}]".encode()})
    assert landed(tmp_path, order="source_file desc, position") == texts * 2


ODD_TEXTS = [
    *(text_of(make(1)) for make in (webhook, rest, stream)),
    *(text_of(make(1)) + "," for make in (webhook, rest, stream)),
    *(text_of(make(1))[:-1] + ",}" for make in (webhook, rest, stream)),
    *(text_of(make(1) | {"events": []}) for make in (webhook, rest, stream)),
    *(text_of(make(1) | {"events": "none"}) for make in (webhook, rest, stream)),
    text_of(webhook(1) | rest(2)),
    text_of(rest(1) | stream(2)),
    text_of(stream(1) | {"EventType": ""}),
    text_of(webhook(1, AccountSid=None, WorkspaceSid=None)),
    text_of(rest(1, account_sid=None, event_type="new.kind")),
    text_of(webhook(1, EventType="new.kind")),
    text_of(rest(1, event_type="new.kind", workspace_sid=None)),
    text_of(stream(1, eventtype=None)),
    text_of(stream(1) | {"type": None}),
    text_of(stream(1) | {"type": "com.twilio.voice.insights"}),
    text_of(webhook(1, TimestampMs=None, Timestamp="1700000000")),
    text_of(webhook(1, TimestampMs=None)),
    text_of(rest(1, event_date_ms="soon")),
    text_of(rest(1, event_date_ms="soon", event_date=None)),
    text_of(stream(1, timestamp=None)),
    text_of(stream(1, timestamp=None, account_sid=None) | {"time": "never"}),
    text_of(stream(1) | {"data": {"account_sid": "AC2", "payload": {"eventtype": "task.created"}}}),
    *("{}", "[]", "[{}]", '{"a": 1}', "null", "no JSON", '{"event_type": "x"}', '{"data": 1}', ""),
]


@pytest.mark.parametrize("are_whole", [True, False])
@pytest.mark.parametrize("usual", [webhook, rest, stream])
def test_what_a_text_is_does_not_depend_on_those_before(usual, are_whole):
    def recognised(recogniser):
        found = recogniser.recognise(pa.chunked_array([ODD_TEXTS]), are_whole)
        are_events = found.is_event
        return [
            *zip(found.fates.tolist(), found.accounts.to_pylist()),
            *found.forms[are_events].tolist(),
        ]

    with closing(Recogniser()) as anew, closing(Recogniser()) as after_many:
        after_many.recognise(pa.chunked_array([[text_of(usual(i)) for i in range(50)]]), are_whole)
        assert recognised(after_many) == recognised(anew)


def test_shared_samples(tmp_path):
    if not SAMPLES.exists():
        pytest.skip("no shared samples here")
    report = load_events(f"{SAMPLES}/*.json", tmp_path / "data")
    name = "regexp_extract(source_file, '[^/]*$')"
    events = landed(tmp_path, f"{name}")
    assert report.events == len(events)
    is_event = ("webhook_", "rest_event", "eventstreams_")
    reasons_by_file = dict(rejected(tmp_path, f"{name}, reason"))
    incomplete = {
        "webhook_workflow.timeout_padded_attributes.json": reasons.NO_TIME,
        "eventstreams_reservation.created_docs_PARTIAL.json": reasons.NO_RESERVATION,
        **{
            f"webhook_demo_{kind}.json": reasons.NO_TASK
            for kind in ("task.created", "task.canceled", "task.wrapup", "task-queue.entered")
        },
        **{
            f"webhook_demo_reservation.{kind}.json": reasons.NO_TASK_AND_RESERVATION
            for kind in ("created", "accepted", "rejected")
        },
    }
    assert {file: reasons_by_file.pop(file) for file in incomplete} == incomplete
    named = {p.name for p in SAMPLES.glob("*.json") if p.name.startswith(is_event)}
    assert set(events) == named - set(incomplete) - {"rest_events_list_empty_docs.json"}
    assert {file.split("_")[0]: reason for file, reason in reasons_by_file.items()} == {
        "attributes": reasons.UNKNOWN_OBJECT,
        "foreign": reasons.FOREIGN_TYPE,
        "keyset": reasons.UNKNOWN_OBJECT,
        "rest": reasons.TASK_RESOURCE,
        "sdk": reasons.UNKNOWN_OBJECT,
        "task": reasons_by_file["task_rest_voice_wrapping_conference.json"],
        "wfm": reasons.ADHERENCE_FEED,
    }


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ("", "is empty"),
        ("nowhere", "nothing that exists"),
        ("no*where", "nothing that exists"),
        ("empty", "holds no event file"),
        ("a:nowhere", "nowhere"),
    ],
)
def test_events_that_name_nothing(tmp_path, monkeypatch, events, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("{}")
    (tmp_path / "a").write_bytes(lines(webhook(1)))
    with pytest.raises(LoadError, match=words):
        load_events(events, tmp_path / "data")
    assert not list((tmp_path / "data").rglob("0*"))


@pytest.mark.parametrize(
    ("events", "files"),
    [("a:d.jsonl", 2), ("e [1]:x", 1), ("*.log:f.log", 2), ("**/*.json", 1), (".", 5), ("*", 5)],
)
def test_files_folders_and_globs(tmp_path, monkeypatch, events, files):
    top = tmp_path / "top"
    for number, name in enumerate(
        ("a/b/c.json", "a/.hidden", "d.jsonl", "e [1]:x", "f.log", "g.log")
    ):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(lines(webhook(number)))
    monkeypatch.chdir(top)
    assert load_events(events, tmp_path / "data").files == files


def test_only_regular_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LoadError, match="regular files"):
        load_events(str(tmp_path / "pipe"), tmp_path / "data")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(LoadError, match="cannot be read"):
        load_events(str(tmp_path / "link"), tmp_path / "data")


def test_own_output_is_no_input(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").write_bytes(lines(webhook(1)))
    assert load_events(str(data), data).files == 1
    assert load_events(str(data), data).files == 1


def test_damaged_lines_have_exact_numbers(tmp_path):
    deep = "[" * 200 + "]" * 200
    good = lines(webhook(1)).strip()
    damages = [
        (good[:50], reasons.CUT_OFF),
        (good.replace(b"task", b"ta\xffsk", 1), reasons.BAD_UTF8),
        (good.replace(b"task", b"ta\x00sk", 1), reasons.NUL_BYTE),
        (good.replace(b"task", b"ta\\ud800sk", 1), reasons.LONE_SURROGATE),
        (b"hello", reasons.PLAIN_TEXT),
        (b"17", reasons.SCALAR),
        (b'[1, "a"]', reasons.ARRAY_OF_SCALARS),
        (good + good, 2),
        (lines(webhook(1, EventType="onMessageSent")).strip(), reasons.FOREIGN_TYPE),
        (lines(webhook(1, TimestampMs=None)).strip(), reasons.NO_TIME),
        (lines(webhook(1, EventType=None)).strip(), reasons.NO_TYPE),
        (lines(webhook(1, TaskAttributes="x" * 1_000_000)).strip(), 1),
        (lines({**webhook(1), "Deep": json.loads(deep)}).strip(), 1),
    ]
    content, events, rejects = [], [], []
    for number in range(1, 10_001):
        if number % 10:
            content.append(good)
            events.append(number)
            continue
        line, fate = damages[(number // 10 - 1) % len(damages)]
        if len(line) > 100_000 and number > 1000:
            line, fate = good, 1  # a few of the large ones are enough
        content.append(line)
        if isinstance(fate, int):
            events += [number] * fate
        else:
            rejects.append((number, fate))
    load(tmp_path, {"a": b"\n".join(content) + b"\n"})
    assert landed(tmp_path, "position") == events
    assert rejected(tmp_path) == rejects
