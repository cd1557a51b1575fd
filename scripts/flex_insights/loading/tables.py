"""Events in Parquet and CSV files: a row each, or a column of JSON text or structs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from flex_insights.loading import reasons
from flex_insights.loading.envelopes import Envelope, to_json
from flex_insights.loading.wrappings import holds_event, may_hold_event

PARQUET = b"PAR1"
ROWS_LOOKED_AT = 1_000
ROWS_AT_ONCE = 10_000
# Of several columns that hold events, the first of these, else the leftmost.
USUAL_NAMES = ("event", "payload", "data", "body", "message", "value", "json", "raw")
MAX_CELL_BYTES = 64 << 20
DELIMITERS = (",", "\t", ";")
CSV_NAMES = (".csv", ".tsv")
PACKED_NAMES = (".gz", ".zst", ".bz2", ".zip")

# Values by column; texts as bytes.
Columns = list[list[Any]]


class NoTable(Exception):
    """No column holds events, or the file is damaged; the message is the reason."""


def is_csv(name: str, start: bytes) -> bool:
    """Whether a file is CSV: by its name, unless it begins as JSON does."""
    name = name.lower()
    for ending in PACKED_NAMES:
        name = name.removesuffix(ending)
    return name.endswith(CSV_NAMES) and not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        (b"{", b"[")
    )


def parquet_values(file: BinaryIO) -> Iterator[bytes | None]:
    """The text of each row's event. Raises NoTable."""
    try:
        with pq.ParquetFile(file) as table:
            names = table.schema_arrow.names
            candidates = [i for i, f in enumerate(table.schema_arrow) if _can_hold_events(f.type)]
            first = next(table.iter_batches(ROWS_LOOKED_AT), None)
            if first is None:
                return
            chosen = _choose(names, candidates, list(map(_values, first.columns)))
            wanted = [names[chosen]] if isinstance(chosen, int) else None
            for batch in table.iter_batches(ROWS_AT_ONCE, columns=wanted):
                columns = list(map(_values, batch.columns))
                yield from map(_text, columns[0]) if wanted else map(chosen.event, zip(*columns))
    except (pa.ArrowException, OSError):
        raise NoTable(reasons.DAMAGED_TABLE) from None


def csv_values(lines: io.TextIOBase) -> Iterator[bytes | None]:
    """The text of each row's event, with or without a header. Raises NoTable.

    `lines` is text with surrogate escapes for what is no UTF-8.
    """
    csv.field_size_limit(MAX_CELL_BYTES)
    first = lines.readline()
    delimiter = next((d for d in DELIMITERS if d in first), DELIMITERS[0])
    # NUL would stop the parser of Python 3.10; another control character is as invalid in JSON.
    texts = (line.replace("\0", "\x01") for line in chain([first], lines))
    rows = csv.reader(texts, delimiter=delimiter)
    try:
        header = next(rows, [])
        if any(cell.lstrip().startswith(("{", "[")) or may_hold_event(cell) for cell in header):
            rows, header = chain([header], rows), [""] * len(header)
        begun = list(islice(rows, ROWS_LOOKED_AT))
        if not begun:
            return
        columns = [[_cell(row, i) for row in begun] for i in range(len(header))]
        chosen = _choose(header, list(range(len(header))), columns)
        for row in chain(begun, rows):
            if isinstance(chosen, int):
                yield _cell(row, chosen)
            else:
                yield chosen.event(_cell(row, i) for i in range(len(header)))
    except csv.Error:
        raise NoTable(reasons.DAMAGED_TABLE) from None


def text_lines(start: bytes, read: Callable[[int], bytes]) -> io.TextIOBase:
    """Bytes, the first of them at hand and the rest to be read, as text for csv_values."""
    raw = io.BufferedReader(_Rejoined(start, read), 1 << 20)
    return io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")


class _Rejoined(io.RawIOBase):
    def __init__(self, start: bytes, read: Callable[[int], bytes]):
        self._ready, self._read = memoryview(start), read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        if not self._ready:
            self._ready = memoryview(self._read(len(buffer)))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def _cell(row: list[str], column: int) -> bytes:
    return row[column].encode("utf-8", "surrogateescape") if column < len(row) else b""


def _can_hold_events(kind: pa.DataType) -> bool:
    return _is_text(kind) or pa.types.is_nested(kind)


def _is_text(kind: pa.DataType) -> bool:
    """Whether values are texts, of any of the types that Arrow has for them."""
    if isinstance(kind, pa.BaseExtensionType):
        return _is_text(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    is_of_kind = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
        pa.types.is_fixed_size_binary,
    )
    return any(is_kind(kind) for is_kind in is_of_kind)


def _values(column: pa.Array) -> list[Any]:
    """A column's values: texts as bytes, maps as dictionaries."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_text(column.type):
        return column.cast(pa.large_binary()).to_pylist()
    return column.to_pylist(maps_as_pydicts="lossy")


def _text(value: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return to_json(value).encode("utf-8", "surrogateescape")


def _choose(names: list[str], candidates: list[int], columns: Columns) -> int | Envelope:
    """Where the events of a table are, by its first rows. Raises NoTable."""
    envelope = Envelope.of(names)
    rows = list(zip(*columns)) if envelope else []
    if envelope and any(map(envelope.is_event, rows)):
        return envelope
    holding = [i for i in candidates if any(map(_holds_event, columns[i]))]
    if holding:
        return min(holding, key=lambda i: (_rank(names[i]), i))
    if envelope and any(map(envelope.claims_to_be_event, rows)):
        return envelope
    named = [i for i in candidates if _rank(names[i]) == 0]
    if named or len(candidates) == 1:
        return [*named, *candidates][0]
    raise NoTable(reasons.NO_EVENT_COLUMN if candidates else reasons.NO_TEXT_COLUMN)


def _rank(name: str) -> int:
    name = name.lower()
    return USUAL_NAMES.index(name) if name in USUAL_NAMES else len(USUAL_NAMES)


def _holds_event(value: Any) -> bool:
    text = _text(value)
    return text is not None and holds_event(text.decode("utf-8", "surrogateescape"))
