"""Events in one column of a Parquet or CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq

from flex_insights.loading import reasons

PARQUET = b"PAR1"
COLUMN_NAME = "event"
ROWS_AT_ONCE = 10_000
MAX_CELL_BYTES = 64 << 20
DELIMITERS = (",", "\t", ";")
CSV_NAMES = (".csv", ".tsv")
COMPRESSED_NAMES = (".gz", ".zst")


class NoTable(Exception):
    """No column holds events, or the file is damaged; the message is the reason."""


def is_csv(name: str, start: bytes) -> bool:
    """Whether a file is CSV: by its name, unless it begins as JSON does."""
    name = name.lower()
    for ending in COMPRESSED_NAMES:
        name = name.removesuffix(ending)
    return name.endswith(CSV_NAMES) and not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        (b"{", b"[")
    )


def parquet_values(path: str) -> Iterator[bytes | None]:
    """The values of the column of events, row by row. Raises NoTable."""
    try:
        with pq.ParquetFile(path) as file:
            column = _column([(f.name, _is_text(f.type)) for f in file.schema_arrow])
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=[column]):
                yield from batch.column(0).cast(pa.large_binary()).to_pylist()
    except (pa.ArrowException, OSError):
        raise NoTable(reasons.DAMAGED_TABLE) from None


def _is_text(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(is_kind(kind) for is_kind in (*kinds, pa.types.is_large_binary))


def csv_values(lines: io.TextIOBase) -> Iterator[bytes | None]:
    """The values of the column of events, row by row, with or without a header. Raises NoTable.

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
        column = _first_json(header)
        if column is None:
            column = header.index(_column([(name, True) for name in header]))
        else:
            rows = chain([header], rows)
        for row in rows:
            cell = row[column] if column < len(row) else ""
            yield cell.encode("utf-8", "surrogateescape")
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


def _first_json(row: list[str]) -> int | None:
    return next((i for i, cell in enumerate(row) if cell.lstrip().startswith(("{", "["))), None)


def _column(columns: list[tuple[str, bool]]) -> str:
    texts = [name for name, is_text in columns if is_text]
    named = [name for name in texts if name.lower() == COLUMN_NAME]
    if len(texts) == 1:
        return texts[0]
    if named:
        return named[0]
    raise NoTable(reasons.NOT_A_TABLE_OF_EVENTS)
