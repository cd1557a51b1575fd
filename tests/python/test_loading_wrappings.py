"""The one rule of wrappings: what is found inside, what is rejected, and where the bounds are."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from loading_support import landed, lines, load, rejected, rest, stream, text_of, webhook
from shapes import b64, form_body

from flex_insights.loading import reasons, wrappings
from flex_insights.loading.wrappings import look_into, texts_inside

MAX_LEVELS = 8
NOISE = {"id": "x1", "n": 17, "none": None, "more": {"a": [1, "b"]}, "text": "a note {of} [sorts]"}


def nested(event, levels):
    for _ in range(levels):
        event = {"inside": event}
    return event


# name: levels that it takes, and whether it can be put around a value (object, array or text)
WRAPPERS = {
    "object": (1, lambda v: True, lambda v: {"inside": v, **NOISE}),
    "last of an object": (1, lambda v: True, lambda v: {**NOISE, "inside": v}),
    "array": (1, lambda v: True, lambda v: [v]),
    "map": (1, lambda v: True, lambda v: {"WT1": v}),
    "text": (0, lambda v: True, json.dumps),
    "base64": (0, lambda v: True, lambda v: b64(as_text(v))),
    "gzip and base64": (0, lambda v: True, lambda v: b64(as_text(v), packed=True)),
    "log line": (0, lambda v: not isinstance(v, str), lambda v: f"12:00 [x] {{INFO}} {json.dumps(v)}"),
}


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


@st.composite
def wrapped_events(draw):
    """An event, and a line in which it is wrapped in up to eight levels."""
    make = draw(st.sampled_from([webhook, rest, stream]))
    event = value = make(draw(st.integers(0, 9)))
    if make is webhook:
        value = draw(st.sampled_from([event, form_body(event), {k: [v] for k, v in event.items()}]))
    levels = 0
    for name in draw(st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=12)):
        takes, fits, wrap = WRAPPERS[name]
        if fits(value) and levels + takes <= MAX_LEVELS:
            value, levels = wrap(value), levels + takes
    is_bare = isinstance(value, str) and draw(st.booleans())
    line = value if is_bare else json.dumps(value)
    assume(len(line) < 300_000)
    return event, line


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(wrapped_events(), min_size=1, max_size=8))
@example([(stream(1), json.dumps({"detail": stream(1)}))])
def test_any_wrapping_lands_its_event_once(drawn):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        load(folder, {"a": lines(*(line for _, line in drawn))})
        assert rejected(folder) == []
        assert landed(folder, "position") == list(range(1, len(drawn) + 1))
        assert [json.loads(text) for text in landed(folder)] == [event for event, _ in drawn]


def test_what_is_found_is_verbatim(tmp_path):
    text = text_of(rest(1)).replace(": ", " :  ") + " "
    load(tmp_path, {"a": b'{"detail": ' + text.encode() + b', "x": 1}\n'})
    assert landed(tmp_path, "event, position, element") == [(text.strip(), 1, 1)]


def test_levels_have_a_bound(tmp_path):
    load(tmp_path, {"a": lines(nested(webhook(1), MAX_LEVELS), nested(webhook(2), MAX_LEVELS + 1))})
    assert landed(tmp_path, "position") == [1]
    assert rejected(tmp_path) == [(2, reasons.UNKNOWN_OBJECT)]


@pytest.mark.parametrize("levels", [1, 8])
def test_reading_a_text_takes_no_level(tmp_path, levels):
    value = webhook(1)
    for _ in range(levels):
        value = {"inside": json.dumps(value)} if len(json.dumps(value)) < 50_000 else {"inside": value}
    load(tmp_path, {"a": lines(value)})
    assert landed(tmp_path, "position") == [1]


def test_what_is_decoded_has_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(wrappings, "MAX_DECODED_BYTES", 10_000)
    large = webhook(1, Extra="x" * 20_000)
    load(tmp_path, {"a": lines({"data": b64(text_of(large), packed=True)}, {"data": text_of(large)})})
    assert landed(tmp_path) == []
    assert rejected(tmp_path) == [(1, reasons.UNKNOWN_OBJECT), (2, reasons.UNKNOWN_OBJECT)]


def test_objects_of_other_products_are_not_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.loading.examine.look_into", None)
    foreign = {"type": "order.created", "data": {"text": json.dumps({"a": "A task. Another."})}}
    load(tmp_path, {"a": lines(foreign)})
    assert rejected(tmp_path) == [(1, reasons.UNKNOWN_OBJECT)]


@pytest.mark.parametrize(
    ("value", "found", "wrong"),
    [
        # what claims to be an event and lacks something is one reject
        ({"detail": webhook(1, TimestampMs=None)}, [], [reasons.NO_TIME]),
        ({"detail": webhook(1, TaskSid=None)}, [], [reasons.NO_TASK]),
        (webhook(1, TaskSid=None) | {"detail": webhook(2)}, [], [reasons.NO_TASK]),
        ({"a": webhook(1, TaskSid=""), "b": webhook(2)}, [2], [reasons.NO_TASK]),
        # what is inside an event is its own affair
        (webhook(1) | {"detail": webhook(2)}, [1], []),
        # elements that hold none, beside one that does
        ({"Records": [{"body": text_of(webhook(1))}, {"body": "noise"}]}, [1], [reasons.UNKNOWN_OBJECT]),
        (
            {"Records": [[webhook(1), 17], [1, 2], None, {}]},
            [1],
            [reasons.SCALAR, reasons.ARRAY_WITHOUT_EVENT, reasons.SCALAR, reasons.EMPTY_OBJECT],
        ),
        ({"Records": [{"body": "noise"}, 17]}, [], [reasons.UNKNOWN_OBJECT]),
        ([17, text_of(webhook(1)), [text_of(webhook(2))]], [1, 2], [reasons.SCALAR]),
        # values of an object that hold none are the envelope's
        ({"a": webhook(1), "b": {"note": "task.created"}}, [1], []),
        # deleted rows of change capture
        ({"payload": {"op": "d", "before": rest(1), "after": None}}, [], [reasons.DELETED_ROW]),
        ({"op": "u", "before": rest(1), "after": rest(2)}, [1, 2], []),
        ([{"op": "d", "before": rest(1)}, {"op": "c", "after": rest(2)}], [2], [reasons.DELETED_ROW]),
        # several values in one text
        ({"log": f"{text_of(webhook(1))}\n{text_of(webhook(2))}\n"}, [1, 2], []),
        ({"log": f"INFO {text_of(webhook(1))} {text_of({'a': 1})}"}, [1], [reasons.UNKNOWN_OBJECT]),
        # other products, and what only mentions a type
        ({"EventType": "onMessageSent", "Body": "task.created " * 9}, [], [reasons.FOREIGN_TYPE]),
        ({"note": f"EventType=task.created&TaskSid=WT1 {{{'x' * 99}}}"}, [], [reasons.UNKNOWN_OBJECT]),
        ({"data": b64("just text " * 50)}, [], [reasons.UNKNOWN_OBJECT]),
        ({"data": b64("just text " * 50, packed=True)[:-60]}, [], [reasons.UNKNOWN_OBJECT]),
        # not a camelCase envelope: there is nothing else of one
        ({"eventType": "task.created", "data": webhook(1)}, [1], []),
    ],
)  # fmt: skip
def test_nothing_is_lost(tmp_path, value, found, wrong):
    load(tmp_path, {"a": lines(value)})
    assert [f"EV{n:032x}" in text for n, text in zip(found, landed(tmp_path))] == [True] * len(found)
    assert len(landed(tmp_path)) == len(found)
    assert sorted(rejected(tmp_path, "reason")) == sorted(wrong)


@pytest.mark.parametrize(
    ("line", "found", "wrong"),
    [
        ("INFO <A>", "A", []),
        ("INFO <A>, <B>", "AB", []),
        ("a [b] {c} <A>", "A", []),
        ("<A> INFO", "A", [reasons.PLAIN_TEXT]),
        ("INFO <A> (id 5)", "", [reasons.PLAIN_TEXT]),
        ("{" * 19 + "<A>", "A", []),
        ("{ " * 20 + "<A>", "", [reasons.NOT_JSON]),
        ("[2026-03-02 09:00:00] [INFO] <A>", "A", []),
        ("[1] INFO <A>", "A", []),
        ('{"level": "info"} msg=<A>', "A", []),
        ('{"level": "info"} msg', "", [reasons.UNKNOWN_OBJECT, reasons.PLAIN_TEXT]),
        ('<A>{"B', "A", [reasons.CUT_OFF]),
        ('{"detail": <A>', "A", []),
        ("<F>", "F", []),
        (" <F> ", "F", []),
        ("<F> <F>", "", [reasons.PLAIN_TEXT]),
        ("POST <F>", "", [reasons.PLAIN_TEXT]),
        ("<F>&Empty=&X=%41%ff", "F", []),
    ],
)
def test_lines_of_text(tmp_path, line, found, wrong):
    texts = {"A": text_of(webhook(1)), "B": text_of(rest(2)), "F": form_body(webhook(3))}
    ids = {"A": 1, "B": 2, "F": 3}
    for name, text in texts.items():
        line = line.replace(f"<{name}>", text)
    load(tmp_path, {"a": lines(webhook(9), line, webhook(9))})
    assert landed(tmp_path, "position") == [1, *[2] * len(found), 3]
    middle = landed(tmp_path)[1:-1]
    assert all(f"EV{ids[name]:032x}" in text for name, text in zip(found, middle))
    assert sorted(rejected(tmp_path)) == [(2, reason) for reason in wrong]


def test_a_form_body_keeps_blank_values(tmp_path):
    load(tmp_path, {"a": b"EventType=task.created&TimestampMs=1700000000000&TaskSid=WT1&Reason=&Reason=x\n"})
    (event,) = landed(tmp_path)
    assert json.loads(event) == {
        "EventType": "task.created", "TimestampMs": "1700000000000", "TaskSid": "WT1", "Reason": "",
    }  # fmt: skip


def test_events_of_one_line_are_numbered(tmp_path):
    wrapped = {"Records": [webhook(1), {"body": text_of(webhook(2))}]}
    load(tmp_path, {"a": lines([webhook(3), wrapped, webhook(4)], wrapped, webhook(5))})
    assert landed(tmp_path, "position, element") == [*((1, n) for n in (1, 2, 3, 4)), (2, 1), (2, 2), (3, 0)]
    order = [json.loads(text)["Sid"][-1] for text in landed(tmp_path)]
    assert order == list("3124" + "12" + "5")


@pytest.mark.parametrize("shape", ["map", "array in a map", "map of texts", "map in a map"])
@pytest.mark.parametrize("is_printed", [False, True])
def test_maps_of_any_size_are_read_value_by_value(tmp_path, monkeypatch, shape, is_printed):
    for module in ("splitter", "examine"):
        monkeypatch.setattr(f"flex_insights.loading.{module}.MAX_VALUE_BYTES", 5_000)
    monkeypatch.setattr("flex_insights.loading.reading.DOCUMENT_PIECE", 700)
    events = [rest(number) for number in range(50)]
    value = {
        "map": {e["sid"]: e for e in events},
        "array in a map": {"meta": {"n": 50}, "Records": [{"body": e} for e in events], "rest": [1]},
        "map of texts": {e["sid"]: text_of(e) for e in events},
        "map in a map": {"table": {"rows": {e["sid"]: e for e in events}}, "count": 50},
    }[shape]
    load(tmp_path, {"a": json.dumps(value, indent=1 if is_printed else None).encode()})
    assert [json.loads(text)["sid"] for text in landed(tmp_path)] == [e["sid"] for e in events]
    assert rejected(tmp_path) == []


def test_a_large_map_without_events_is_a_reject(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.loading.splitter.MAX_VALUE_BYTES", 1_000)
    monkeypatch.setattr("flex_insights.loading.reading.DOCUMENT_PIECE", 700)
    notes = {str(number): {"note": "task.created", "n": number} for number in range(100)}
    load(tmp_path, {"a": json.dumps(notes, indent=1).encode()})
    assert rejected(tmp_path, "reason") == [reasons.UNKNOWN_OBJECT]


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_a_line_that_is_still_being_written(tmp_path, cut):
    """Whatever of it can be read now, in the end each event is there once."""
    wrapped = {"a": webhook(1), "b": 1, "c": [webhook(2), {"d": text_of(webhook(3))}]}
    content = lines(wrapped) + b"INFO " + lines(wrapped)
    load(tmp_path, {"a": content[: int(len(content) * cut)]})
    load(tmp_path, {"a": content})
    found = sorted(json.loads(text)["Sid"] for text in landed(tmp_path))
    assert found == sorted(f"EV{number:032x}" for number in (1, 2, 3) * 2)
    assert rejected(tmp_path) == []


def test_texts_inside_are_those_that_the_loader_reads():
    event = webhook(1, TaskAttributes='{"name": "Ann"}')
    line = f"INFO {json.dumps({'Key': [{'body': b64(form_body(event), packed=True)}], 'n': 1})}"
    texts = list(texts_inside(line))
    assert {"Key", "body", '{"name": "Ann"}', "Ann"} <= set(texts)
    assert look_into(line)


def test_broken_base64_is_no_error():
    for text in ("A" * 101, "A" * 102 + "=", "-" * 200, base64.b64encode(b"\x1f\x8b" + b"x" * 99).decode()):
        assert look_into(json.dumps({"data": text})) == []
