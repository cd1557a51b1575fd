"""The same events in any packaging land alike."""

import bz2
import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loading_support import landed, lines, load, rejected, rest, stream, text_of, webhook

from flex_insights.load_events import load_events
from flex_insights.loading import reasons, streams
from flex_insights.loading.packaging import is_line_based
from flex_insights.loading.splitter import Splitter

TEXTS = [text_of(event) for event in (webhook(1), rest(2), stream(3), webhook(4))]
JOINED = ",".join(TEXTS)
PAGE = f'{{"meta": {{"page": 0, "events": []}}, "events": [{JOINED}], "next": null}}'


def pretty(text):
    return json.dumps(json.loads(text), indent=2)


@pytest.mark.parametrize(
    ("content", "positions"),
    {
        "lines": ("\n".join(TEXTS) + "\n", [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "no last line end": ("\n".join(TEXTS), [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "Windows": ("\r\n\r\n".join(TEXTS), [(1, 0), (3, 0), (5, 0), (7, 0)]),
        "byte order mark": ("\ufeff" + "\n".join(TEXTS), [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "back to back": ("".join(TEXTS), [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "array": (f"[{JOINED}]", [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "array, an element a line": (
            "[\n" + ",\n".join(TEXTS) + "\n]\n", [(1, 0), (2, 0), (3, 0), (4, 0)],
        ),
        "array, commas first": (
            "[" + "\n,".join(TEXTS) + "\n]\n", [(1, 0), (2, 0), (3, 0), (4, 0)],
        ),
        "commas without an array": (",\n".join(TEXTS), [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "page": (PAGE, [(1, 0), (2, 0), (3, 0), (4, 0)]),
        "pages": (
            "".join(f'{{"events":[{text}],"meta":{{}}}}' for text in TEXTS),
            [(1, 0), (2, 0), (3, 0), (4, 0)],
        ),
        "array of arrays and pages": (
            f'[[{TEXTS[0]}],{{"events":[{",".join(TEXTS[1:3])}]}},{TEXTS[3]}]',
            [(1, 0), (2, 0), (3, 0), (4, 0)],
        ),
        "arrays on lines": (
            f"[{TEXTS[0]}]\n\n[{','.join(TEXTS[1:])}]\n", [(1, 1), (3, 1), (3, 2), (3, 3)],
        ),
        "pages on lines": (
            f'{{"events":[{TEXTS[0]}]}}\n{{"events":[{",".join(TEXTS[1:])}],"meta":{{}}}}',
            [(1, 1), (2, 1), (2, 2), (2, 3)],
        ),
        "two on a line": (
            f"{TEXTS[0]}{TEXTS[1]}\n{TEXTS[2]} {TEXTS[3]}", [(1, 1), (1, 2), (2, 1), (2, 2)],
        ),
    }.values(),
)  # fmt: skip
def test_packagings_on_one_line_each(tmp_path, content, positions):
    report = load(tmp_path, {"a": content.encode()})
    assert landed(tmp_path) == TEXTS
    assert landed(tmp_path, "position, element") == positions
    assert (report.events, report.rejected) == (4, 0)


@pytest.mark.parametrize("whole", [f"[{JOINED}]", PAGE], ids=["array", "page"])
def test_printed_over_several_lines(tmp_path, whole):
    load(tmp_path, {"a": pretty(whole).encode()})
    assert [json.loads(event) for event in landed(tmp_path)] == [json.loads(t) for t in TEXTS]
    assert landed(tmp_path, "position") == [1, 2, 3, 4]


def test_objects_printed_over_several_lines(tmp_path):
    texts = [pretty(text) for text in TEXTS]
    load(tmp_path, {"a": "\n".join(texts).encode(), "b": texts[0].encode() + b"\n"})
    assert landed(tmp_path, "event, position") == [
        *((text, number) for number, text in enumerate(texts, 1)),
        (texts[0], 1),
    ]


@pytest.mark.parametrize(
    "content", ["", " \n\r\n ", "[]", "[ ]\n[]\n", '{"events": [], "meta": {}}', "[[], []]"]
)
def test_nothing_in_it_is_fine(tmp_path, content):
    report = load(tmp_path, {"a": content.encode()})
    assert (report.files, report.events, report.rejected) == (1, 0, 0)


@pytest.mark.parametrize("name", ["a.json", "a.log", "a", "a.gz"])
@pytest.mark.parametrize(
    "compress",
    [
        gzip.compress,
        zstandard.ZstdCompressor(write_checksum=True).compress,
        lambda data: b"".join(gzip.compress(data[i : i + 100]) for i in range(0, len(data), 100)),
        lambda data: b"".join(
            zstandard.compress(data[i : i + 100]) for i in range(0, len(data), 100)
        ),
        lambda data: gzip.compress(data) + b"\0" * 512,
        lambda data: b"\x50\x2a\x4d\x18\x04\0\0\0skip" + zstandard.compress(data),
        bz2.compress,
        lambda data: bz2.compress(data[:100]) + bz2.compress(data[100:]),
        lambda data: gzip.compress(bz2.compress(data)),
        lambda data: zstandard.compress(gzip.compress(gzip.compress(data))),
    ],
)
def test_compression_is_told_by_content(tmp_path, name, compress):
    load(tmp_path, {name: compress("\n".join(TEXTS).encode())})
    assert landed(tmp_path, "event, position") == list(zip(TEXTS, [1, 2, 3, 4]))


@pytest.mark.parametrize(
    "start",
    [b"\xfd7zXZ\x00rest", b"7z\xbc\xafrest", b"x" * 257 + b"ustar"],
    ids=["xz", "7z", "tar"],
)
def test_other_containers_say_what_they_are(tmp_path, start):
    load(tmp_path, {"a": start})
    ((position, reason),) = rejected(tmp_path)
    assert position == 1 and "unpack" in reason


@pytest.mark.parametrize("columns", ["event", "Event, number", "number, event"])
def test_parquet(tmp_path, columns):
    (tmp_path / "events").mkdir()
    rows = duckdb.from_query("select unnest(?) as event, 1 as number", params=[TEXTS])
    rows = rows.query("e", "select * from e union all select null, 2")
    rows.select(columns).write_parquet(str(tmp_path / "events" / "a"))
    load(tmp_path)
    assert landed(tmp_path, "event, position") == list(zip(TEXTS, [1, 2, 3, 4]))


@pytest.mark.parametrize("header", [[["event"]], [["id", "Event"]], [], [["anything"]]])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path, header, delimiter):
    text = io.StringIO()
    width = len(header[0]) if header else 1
    rows = [["7"] * (width - 1) + [event] for event in [*TEXTS, '{"a":\x00}', f"[{TEXTS[0]}]"]]
    csv.writer(text, delimiter=delimiter).writerows(header + rows)
    load(tmp_path, {"a.CSV.gz": gzip.compress(text.getvalue().encode())})
    assert landed(tmp_path, "event, position, element") == [
        *((text, row, 0) for row, text in enumerate(TEXTS, 1)),
        (TEXTS[0], 6, 1),
    ]
    assert [position for position, _ in rejected(tmp_path)] == [5]


def test_csv_cut_off(tmp_path):
    rows = "".join('"' + text.replace('"', '""') + '"\n' for text in TEXTS)
    load(tmp_path, {"a.csv.gz": gzip.compress(rows.encode())[:-2]})
    assert landed(tmp_path) == TEXTS
    assert rejected(tmp_path) == [(5, streams.CUT_OFF)]


def test_tables_without_events(tmp_path):
    (tmp_path / "events").mkdir()
    for name, columns in (("numbers", "1 as a"), ("texts", "'x' as a, 'y' as b")):
        duckdb.sql(f"select {columns}").write_parquet(str(tmp_path / "events" / name))
    whole = (tmp_path / "events" / "texts").read_bytes()
    load(tmp_path, {"c.csv": b"a,b\n1,2\n", "cut": whole[:-20]})
    assert rejected(tmp_path, "reason", "source_file") == [
        reasons.NO_EVENT_COLUMN,
        reasons.DAMAGED_TABLE,
        reasons.NO_TEXT_COLUMN,
        reasons.NO_EVENT_COLUMN,
    ]


@pytest.mark.parametrize(
    ("damaged", "found", "wrong"),
    {
        "in the middle": ('[A,{"a":"cut,B,C]', "ABC", [(2, '{"a":"cut', reasons.NOT_JSON)]),
        "bare text": ("[A,hello,B]", "AB", [(2, "hello", reasons.PLAIN_TEXT)]),
        "scalars": ('[A,17,B,"x"]', "AB", [(2, "17", reasons.SCALAR), (4, '"x"', reasons.SCALAR)]),
        "no comma": ("[A B]", "AB", []),
        "no bracket": ("[A,B", "AB", [(3, "", reasons.CUT_OFF)]),
        "cut off": ('[A,B,{"a":', "AB", [(3, '{"a":', reasons.CUT_OFF)]),
        "page cut off": ('{"events":[A,{"a', "A", [(2, '{"a', reasons.CUT_OFF)]),
        "page cut off behind": ('{"events":[A],"me', "A", [(2, '"me', reasons.CUT_OFF)]),
        "first": ('[{"x": "cut,A,B]', "AB", [(1, '{"x": "cut', reasons.NOT_JSON)]),
        "missing brace": ('[{"x": {"y": 1},A,B]', "AB", [(1, '{"x": {"y": 1}', reasons.NOT_JSON)]),
        "too many brackets": ("[A]],B", "AB", [(2, "]", reasons.NOT_JSON)]),
        "objects back to back": ('A{"a":"cutB', "AB", [(2, '{"a":"cut', reasons.NOT_JSON)]),
    }.values(),
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_documents_go_on_behind_damage(damaged, found, wrong, size):
    texts = dict(zip("ABC", TEXTS))
    data = damaged.translate({ord(letter): text for letter, text in texts.items()}).encode()
    splitter = Splitter()
    parts = [splitter.feed(data[i : i + size], False) for i in range(0, len(data), size)]
    parts.append(splitter.feed(b"", True))
    assert [o.decode() for part in parts for o in part.objects] == [
        texts[letter] for letter in found
    ]
    rejects = [reject for part in parts for reject in part.rejects]
    assert [(r.position, r.text.decode(), r.reason) for r in rejects] == wrong
    positions = sorted(
        [p for part in parts for p in part.positions] + [r.position for r in rejects]
    )
    assert positions == list(range(1, len(positions) + 1))


@pytest.mark.parametrize(
    ("line", "found", "wrong"),
    [
        ("A hello B", "A", ["hello B"]),
        ("A,", "A", []),
        ("A]", "A", ["]"]),
        ('[A,{"a":"cut,B]', "AB", ['{"a":"cut']),
        ("[A,17]", "A", ["17"]),
        ("[A,[1,2]]", "A", ["1", "2"]),
        ("[1,A]", "A", ["1"]),
        ("[A,B", "AB", [""]),
    ],
)
def test_lines_that_hold_more_than_an_object(tmp_path, line, found, wrong):
    texts = dict(zip("AB", TEXTS))
    line = line.translate({ord(letter): text for letter, text in texts.items()})
    wrong = [text.translate({ord(letter): t for letter, t in texts.items()}) for text in wrong]
    load(tmp_path, {"a": lines(TEXTS[3], line, TEXTS[3])})
    assert landed(tmp_path, "event, position") == [
        (TEXTS[3], 1), *((texts[letter], 2) for letter in found), (TEXTS[3], 3),
    ]  # fmt: skip
    assert rejected(tmp_path, "text, position") == [(text, 2) for text in wrong]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ('{"a": "cut\n{"a": 1}\n{"a": 2}\n', True),
        ('{"a": 1,\n{"a": 1}\n{"a": 2}\n', True),
        ('{"a":\n{"a": 1}\n{"a": 2}\n', True),
        ('[{"a": 1},{"a\n[{"a": 1}]\n[{"a": 2}]\n', True),
        ("hello\n{\n", True),
        ('{"a": 1}\nhello\nhello\n', True),
        ('{\n "a": 1\n}\n{\n "a": 2\n}\n', False),
        ('[\n{"a": 1},\n{"a": 2}\n]\n', False),
        ('[{"a": 1},\n {"a": 2}]', False),
        ('[{\n "a": [\n  1,\n  {},\n  {}\n ]\n}]', False),
        ('[{"a": 1}, {"a": 2}]\n', False),
    ],
)
def test_lines_are_told_from_documents(start, expected):
    assert is_line_based(start.encode(), is_all=True) == expected


def test_large_files_are_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.loading.reading.BATCH_BYTES", 1000)
    monkeypatch.setattr("flex_insights.loading.reading.DOCUMENT_PIECE", 700)
    monkeypatch.setattr("flex_insights.loading.reading.LINES_PIECE", 1000)
    monkeypatch.setattr("flex_insights.loading.batches.BATCH_BYTES", 5000)
    monkeypatch.setattr("flex_insights.loading.reading.MAX_LINE_BYTES", 4000)
    texts = [text_of(webhook(i, TaskAttributes="x" * (i * 37 % 2000))) for i in range(100)]
    too_long = text_of(webhook(0, TaskAttributes="x" * 9000))
    files = {
        "array": f"[{','.join(texts)}]".encode(),
        "lines": lines(*texts[:50], too_long, *texts[50:]),
    }
    load(tmp_path, files)
    assert landed(tmp_path, "event, position") == [
        *((text, number) for number, text in enumerate(texts, 1)),
        *((text, number if number <= 50 else number + 1) for number, text in enumerate(texts, 1)),
    ]
    assert rejected(tmp_path) == [(51, reasons.TOO_LONG)]


def test_long_values(tmp_path, monkeypatch):
    for module in ("splitter", "examine"):
        monkeypatch.setattr(f"flex_insights.loading.{module}.MAX_VALUE_BYTES", 10_000)
    long = text_of(webhook(1, TaskAttributes="x" * 10_000))
    files = {
        "a": lines(long, TEXTS[0], f"[{TEXTS[0]},{long}]"),
        "b": f"[{long},{TEXTS[0]}]".encode(),
    }
    load(tmp_path, files)
    assert landed(tmp_path, "event, position") == [(TEXTS[0], n) for n in (2, 3, 2)]
    assert rejected(tmp_path) == [(n, reasons.TOO_LONG) for n in (1, 3, 1)]


def test_endless_scalars_are_one_reject(monkeypatch):
    monkeypatch.setattr("flex_insights.loading.splitter.MAX_SCALARS", 5)
    found = Splitter().feed(b"[" + b"1," * 20 + TEXTS[0].encode() + b",2]", is_last=True)
    assert [reject.text for reject in found.rejects] == [b"[1, 1, 1, 1, 1]", b"2"]
    found = Splitter().feed(b"[" + b"1," * 20 + b"1]", is_last=True)
    assert [reject.reason for reject in found.rejects] == [reasons.ARRAY_OF_SCALARS]


def test_many_small_files(tmp_path):
    files = {
        f"{number // 100}/{number}": text_of(webhook(number)).encode() for number in range(600)
    }
    load(tmp_path, files)
    assert sorted(landed(tmp_path)) == sorted(text.decode() for text in files.values())
    assert len(list(tmp_path.rglob("raw/*/0*.parquet"))) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def event_texts(draw):
    make = draw(st.sampled_from([webhook, rest, stream]))
    text = json.dumps({**make(draw(st.integers(0, 9))), "Extra": draw(values)}, ensure_ascii=False)
    # Lone surrogates are no text: drawn ones are replaced.
    return text.encode("utf-8", "replace").decode()


@st.composite
def packagings(draw, texts):
    """The texts cut into runs, each packed in some way, in one file or several."""
    files = []
    texts = list(texts)
    while texts:
        size = draw(st.integers(1, len(texts)))
        run, texts = texts[:size], texts[size:]
        pack = draw(
            st.sampled_from(
                [
                    lambda run: "\n".join(run),
                    lambda run: "\r\n".join(run) + "\r\n",
                    lambda run: "".join(run),
                    lambda run: "[" + ",".join(run) + "]",
                    lambda run: "[\n " + " ,\n".join(run) + "\n]",
                    lambda run: '{"events":[' + ", ".join(run) + '],"meta":{"page":1}}',
                    lambda run: "\n".join("[" + text + "]" for text in run),
                    lambda run: "\n\n".join('{"meta":{},"events":[' + text + "]}" for text in run),
                ]
            )
        )
        files.append(pack(run).encode())
    compress = draw(st.sampled_from([bytes, gzip.compress, zstandard.compress]))
    return [compress(file) for file in files]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_packaging_lands_the_same_events(data):
    texts = data.draw(st.lists(event_texts(), min_size=1, max_size=6, unique=True))
    files = data.draw(packagings(texts))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "events").mkdir()
        for number, content in enumerate(files):
            (folder / "events" / str(number)).write_bytes(content)
        runs = data.draw(
            st.sampled_from([["events"], sorted(f"events/{n}" for n in range(len(files)))])
        )
        for run in runs:
            load_events(str(folder / run), folder / "data")
        assert sorted(landed(folder)) == sorted(texts)
        assert rejected(folder) == []
