"""The same content lands once; of what has grown, only the new."""

import gzip
import json
import os
import shutil

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loading_support import landed, lines, load, rejected, rest, text_of, webhook

from flex_insights.load_events import LoadError, load_events
from flex_insights.loading import reasons, streams
from flex_insights.loading.checked_json import read_checked, write_checked

TEXTS = [text_of(webhook(number)) for number in range(8)]
LINES = lines(*TEXTS)


def tree(folder):
    """Every file under the data folder with content and time of change."""
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_nothing_new_changes_nothing(tmp_path):
    load(tmp_path, {"a": LINES, "b": b"hello\n", "c": b""})
    before = tree(tmp_path)
    report = load_events(str(tmp_path / "events"), tmp_path / "data")
    assert (report.files, report.files_skipped, report.events, report.load_id) == (3, 3, 0, None)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "again",
    [
        {"b": LINES},
        {"a": LINES},  # written anew: another time of change
        {"sub/a": LINES, "other": LINES},
        {"b.gz": gzip.compress(LINES)},
        {"b": zstandard.compress(LINES)},
    ],
    ids=lambda files: "+".join(files),
)
@pytest.mark.parametrize("is_same_run", [False, True])
def test_same_content_lands_once(tmp_path, again, is_same_run):
    if not is_same_run:
        load(tmp_path, {"a": LINES})
    load(tmp_path, {"a": LINES} | again)
    assert landed(tmp_path) == TEXTS


def test_same_content_with_rejects_is_rejected_once(tmp_path):
    load(tmp_path, {"a": b"hello\n"})
    load(tmp_path, {"b": b"hello\n"})
    assert len(rejected(tmp_path)) == 1


def test_known_files_are_not_read(tmp_path, monkeypatch):
    load(tmp_path, {"a": LINES})
    monkeypatch.setattr("flex_insights.loading.reading.EventStream", None)
    assert load(tmp_path).files_skipped == 1


def test_a_changed_content_of_equal_length_is_new(tmp_path):
    load(tmp_path, {"a": LINES})
    changed = LINES.replace(b"task.created", b"task.updated")
    load(tmp_path, {"a": changed})
    assert landed(tmp_path) == TEXTS + changed.decode().splitlines()


def test_loads_are_numbered_and_dated_in_order(tmp_path, monkeypatch):
    first = load(tmp_path, {"a": LINES})
    for path in (tmp_path / "data" / "loads").iterdir():
        load_1 = read_checked(path)
        load_1["loaded_at"] = "2999-01-01T00:00:00+00:00"  # as if the clock went backwards since
        write_checked(path, load_1)
    second = load(tmp_path, {"b": lines(rest(1))})
    assert second.load_id == first.load_id + 1
    assert second.loaded_at.year == 2999
    assert len(set(landed(tmp_path, "loaded_at"))) == 2


def test_numbers_go_on_when_the_ledger_is_lost(tmp_path):
    first = load(tmp_path, {"a": LINES})
    shutil.rmtree(tmp_path / "data" / "loads")
    assert load(tmp_path).load_id == first.load_id + 1


def test_a_damaged_ledger_is_named(tmp_path):
    load(tmp_path, {"a": LINES})
    (file,) = (tmp_path / "data" / "loads").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(LoadError, match=f"{file}.* is damaged: .* backup"):
        load(tmp_path)


def test_many_loads_leave_a_few_ledger_files(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.load_events.FILES_BEFORE_MERGE", 3)
    for number in range(8):
        load(tmp_path, {f"{number}": lines(webhook(number))})
    assert len(list((tmp_path / "data" / "loads").iterdir())) <= 4
    again = load(tmp_path, {f"again {number}": lines(webhook(number)) for number in range(8)})
    assert again.files_skipped == 16
    assert landed(tmp_path) == TEXTS


def grow(folder, *contents, name="a"):
    """Loads a file as it grows; contents are whole files."""
    return [load(folder, {name: content}) for content in contents]


def test_of_a_file_that_has_grown_only_new_lines_land(tmp_path):
    first, second = grow(tmp_path, LINES[: len(LINES) // 2 + 1], LINES)
    assert landed(tmp_path, "event, position") == list(zip(TEXTS, range(1, 9)))
    assert first.events + second.events == 8
    assert rejected(tmp_path) == []
    assert second.rejects_withdrawn == first.rejected


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("stays", [True, False])
def test_growth_under_another_name(tmp_path, compress, stays):
    load(tmp_path, {"a": LINES[:-10]})
    if not stays:
        (tmp_path / "events" / "a").unlink()
    load(tmp_path, {"b": compress(LINES)})
    assert landed(tmp_path) == TEXTS
    # A file that is still cut off keeps its reject.
    assert rejected(tmp_path) == [(8, reasons.CUT_OFF)] * stays


def test_a_file_cut_off_early_is_the_beginning_of_many(tmp_path):
    load(tmp_path, {"a": TEXTS[0][:30].encode(), "b": b"["})
    load(tmp_path, {"c": LINES, "d": f"[{TEXTS[0]}]".encode()})
    assert landed(tmp_path) == [*TEXTS, TEXTS[0]]
    assert rejected(tmp_path) == [(1, reasons.CUT_OFF), (1, reasons.CUT_OFF)]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_growth_in_the_middle_of_a_line_of_several_values(tmp_path, cut):
    short = [json.dumps({"EventType": "task.x", "Timestamp": number}) for number in range(4)]
    line = f"{short[0]}{short[1]} [{short[2]},17] hello"
    whole = f"{short[3]}\n{line}\n{short[3]}\n".encode()
    at = len(short[3]) + cut * 2
    grow(tmp_path, whole[:at], whole[: at + 20], whole)
    once = tmp_path / "once"
    once.mkdir()
    load(once, {"a": whole})
    columns = "event, position, element"
    assert sorted(landed(tmp_path, columns)) == sorted(landed(once, columns))
    assert rejected(tmp_path) == rejected(once)


def test_rejects_of_other_lines_and_files_stay(tmp_path):
    load(tmp_path, {"a": b"hello\n" + LINES + b'{"cut', "b": b'world\n{"cut'})
    assert len(rejected(tmp_path)) == 4
    load(tmp_path, {"a": b"hello\n" + LINES + b'{"cut": 1}\n'})
    assert rejected(tmp_path, "right(source_file, 1), position, reason", "1, 2") == [
        ("a", 1, reasons.PLAIN_TEXT),
        ("a", 10, reasons.UNKNOWN_OBJECT),
        ("b", 1, reasons.PLAIN_TEXT),
        ("b", 2, reasons.CUT_OFF),
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "[" + ",\n".join(TEXTS) + "]",
        "".join(TEXTS),
        '{"events": [' + ",".join(TEXTS) + '], "meta": {}}',
        "[" + ",".join(TEXTS) + "]\n" + TEXTS[0] + "\n",
    ],
    ids=["array", "back to back", "page", "array, then lines"],
)
def test_documents_may_grow_too(tmp_path, whole):
    whole = whole.encode()
    grow(tmp_path, whole[:500], whole[:501], whole[:1500], whole)
    texts = TEXTS + TEXTS[:1] if whole.endswith(b"\n") else TEXTS
    assert landed(tmp_path) == texts
    assert rejected(tmp_path) == []


def test_csv_may_grow_too(tmp_path):
    cells = ['"' + text.replace('"', '""') + '"\n' for text in TEXTS]
    grow(tmp_path, "".join(cells[:3]).encode(), "".join(cells).encode(), name="a.csv")
    assert landed(tmp_path) == TEXTS


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("pack", ["\n".join, lambda texts: "[" + ",".join(texts) + "]"])
def test_cut_off_compressed_file(tmp_path, compress, pack):
    """What is before the cut lands, the cut is one reject; the whole file brings the rest."""
    texts = [text_of(webhook(n, TaskAttributes=os.urandom(99_000).hex())) for n in range(4)]
    whole = compress(pack(texts).encode())
    first = load(tmp_path, {"a": whole[: len(whole) * 2 // 3]})
    assert 0 < first.events < 4
    assert landed(tmp_path) == texts[: first.events]
    assert rejected(tmp_path) == [(first.events + 1, streams.CUT_OFF)]
    load(tmp_path, {"a": whole})
    assert landed(tmp_path) == texts
    assert rejected(tmp_path) == []


def test_file_cut_between_two_compressed_parts_is_whole(tmp_path):
    load(tmp_path, {"a": gzip.compress(lines(TEXTS[0]))})
    load(tmp_path, {"a": gzip.compress(lines(TEXTS[0])) + gzip.compress(lines(TEXTS[1]))})
    assert landed(tmp_path) == TEXTS[:2]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_damaged_compressed_file(tmp_path, compress):
    parts = [compress(lines(text)) for text in TEXTS]
    damaged = [*parts[:5], b"\xff" + parts[5][1:], *parts[6:]]
    load(tmp_path, {"a": b"".join(damaged)})
    assert landed(tmp_path) == TEXTS[:5]
    assert rejected(tmp_path) == [(6, streams.BROKEN)]
    load(tmp_path, {"a": b"".join(parts)})
    assert landed(tmp_path) == TEXTS
    assert rejected(tmp_path) == []


@pytest.mark.parametrize(
    "compress", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress]
)
def test_wrong_checksum(tmp_path, compress):
    packed = bytearray(compress(LINES))
    packed[-5 if compress is gzip.compress else -1] ^= 1
    load(tmp_path, {"a": bytes(packed)})
    assert landed(tmp_path) == TEXTS
    assert rejected(tmp_path) == [(9, streams.WRONG_CHECKSUM)]


def test_damage_behind_the_last_line(tmp_path):
    load(tmp_path, {"a": gzip.compress(LINES)[:-2], "b": gzip.compress(TEXTS[0].encode())[:-2]})
    assert landed(tmp_path, "event, element", "source_file, position") == [
        (text, 0) for text in [*TEXTS, TEXTS[0]]
    ]
    assert rejected(tmp_path) == [(9, streams.CUT_OFF), (1, streams.CUT_OFF)]
    load(tmp_path, {"c": gzip.compress(LINES)[:-2]})
    assert len(rejected(tmp_path)) == 2
    load(tmp_path, {"a": gzip.compress(LINES)})
    assert rejected(tmp_path) == [(1, streams.CUT_OFF)]
    assert len(landed(tmp_path)) == 9


packed = st.sampled_from(
    TEXTS + [f"[{TEXTS[0]},{TEXTS[1]}]", TEXTS[2] + TEXTS[3], "hello", "", "17", '{"a', "[1]"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_growth_ends_like_one_load(tmp_path_factory, data):
    content = "\n".join(data.draw(st.lists(packed, min_size=2, max_size=8)))
    content = (data.draw(st.sampled_from(["", "[", '{"events":[', "\ufeff"])) + content).encode()
    cuts = sorted(data.draw(st.lists(st.integers(1, len(content)), max_size=4)))
    grown, once = tmp_path_factory.mktemp("grown"), tmp_path_factory.mktemp("once")
    grow(grown, *(content[:cut] for cut in cuts), content)
    load(once, {"a": content})
    assert sorted(landed(grown, "event")) == sorted(landed(once, "event"))
    assert rejected(grown, order="position, text") == rejected(once, order="position, text")
