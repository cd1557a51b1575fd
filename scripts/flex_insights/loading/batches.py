"""Batches of values on their way from files to DuckDB, whichever files they are from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from flex_insights.loading.lines import Lines
from flex_insights.loading.splitter import Found, Reject

BATCH_BYTES = 16 << 20
BATCH_VALUES = 100_000
# Values are cut out of pieces of at least this size, which still fit the processor's cache.
PART_BYTES = 1 << 19


@dataclass
class Batch:
    """Values (bytes, not always valid UTF-8) with file number, position and element.

    `are_whole` marks those known to be one JSON value each; the others are raw lines. `ended` are the
    files that end with this batch.
    """

    values: pa.ChunkedArray
    files: np.ndarray
    positions: np.ndarray
    elements: np.ndarray
    are_whole: np.ndarray
    rejects: list[tuple[int, Reject]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def where(self, is_wanted: np.ndarray) -> Batch:
        """The values of some rows, without rejects."""
        columns = (self.files, self.positions, self.elements, self.are_whole)
        if is_wanted.all():
            return Batch(self.values, *columns)
        values = self.values.filter(pa.array(is_wanted))
        return Batch(values, *(column[is_wanted] for column in columns))


@dataclass
class _Singles:
    """Values that are added one by one, from any file."""

    values: list[bytes] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    elements: list[int] = field(default_factory=list)
    are_whole: list[bool] = field(default_factory=list)


class BatchBuilder:
    """Collects values until a batch is full."""

    def __init__(self) -> None:
        self._chunks: list[pa.Array] = []
        self._parts: list[tuple[bytes, np.ndarray, np.ndarray]] = []
        self._part_bytes = 0
        self._columns: list[tuple[np.ndarray, ...]] = []
        self._singles = _Singles()
        self._rejects: list[tuple[int, Reject]] = []
        self._ended: list[int] = []
        self._bytes = 0
        self._values = 0

    @property
    def is_full(self) -> bool:
        return self._bytes >= BATCH_BYTES or self._values >= BATCH_VALUES

    def add_lines(self, file: int, lines: Lines) -> None:
        count = len(lines.numbers)
        if not count:
            return
        self._end_singles()
        self._add_part(lines.data, lines.starts, lines.ends)
        files, nothing = np.full(count, file), np.zeros(count, np.int64)
        self._columns.append((files, lines.numbers, nothing, np.zeros(count, bool)))
        self._bytes += len(lines.data)
        self._values += count

    def add_line(self, file: int, line: bytes, number: int) -> None:
        self._add_singles(file, [line], [number], [0], False)

    def add_found(self, file: int, found: Found) -> None:
        """Takes what a splitter found."""
        self._add_singles(file, found.objects, found.positions, found.elements, True)
        self.add_rejects(file, found.rejects)

    def add_rejects(self, file: int, rejects: list[Reject]) -> None:
        self._rejects += [(file, reject) for reject in rejects]
        self._bytes += sum(len(reject.text) for reject in rejects)
        self._values += len(rejects)

    def end(self, file: int) -> None:
        self._ended.append(file)

    def build(self) -> Batch:
        """Returns the batch and empties the builder."""
        self._end_singles()
        columns = [np.concatenate(column) for column in zip(*self._columns)]
        if not columns:
            columns = [np.zeros(0, np.int64)] * 3 + [np.zeros(0, bool)]
        self._cut_parts()
        values = pa.chunked_array(self._chunks, pa.binary())
        batch = Batch(values, *columns, self._rejects, self._ended)
        self.__init__()
        return batch

    def _add_singles(
        self,
        file: int,
        values: list[bytes],
        positions: list[int],
        elements: list[int],
        are_whole: bool,
    ) -> None:
        singles = self._singles
        singles.values += values
        singles.files += [file] * len(values)
        singles.positions += positions
        singles.elements += elements
        singles.are_whole += [are_whole] * len(values)
        self._bytes += sum(map(len, values))
        self._values += len(values)

    def _end_singles(self) -> None:
        singles, self._singles = self._singles, _Singles()
        if not singles.values:
            return
        ends = np.cumsum([len(value) for value in singles.values])
        starts = np.concatenate([[0], ends[:-1]])
        self._add_part(b"".join(singles.values), starts, ends)
        columns = (singles.files, singles.positions, singles.elements, singles.are_whole)
        self._columns.append(tuple(map(np.array, columns)))

    def _add_part(self, data: bytes, starts: np.ndarray, ends: np.ndarray) -> None:
        self._parts.append((data, starts, ends))
        self._part_bytes += len(data)
        if self._part_bytes >= PART_BYTES:
            self._cut_parts()

    def _cut_parts(self) -> None:
        """Makes one array of the values of all parts, so that small files share one."""
        parts, self._parts, self._part_bytes = self._parts, [], 0
        if not parts:
            return
        bounds, shift = [], 0
        for data, starts, ends in parts:
            bounds.append(np.column_stack([starts, ends]).ravel() + shift)
            shift += len(data)
        # Values and the bytes between them alternate; every other one is a value.
        offsets = np.concatenate(bounds).astype(np.int32)
        data = b"".join(data for data, _, _ in parts)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        alternating = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
        self._chunks.append(alternating.take(pa.array(np.arange(0, len(offsets) - 1, 2))))


def as_strings(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, np.ndarray]:
    """Values as strings, and which of them are not UTF-8: these become empty strings."""
    parts = [_as_strings(chunk) for chunk in values.chunks]
    strings = pa.chunked_array([strings for strings, _ in parts], pa.string())
    return strings, np.concatenate([np.zeros(0, bool), *(is_bad for _, is_bad in parts)])


def _as_strings(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    if not len(values):
        return pa.array([], pa.string()), np.zeros(0, bool)
    strings = pa.Array.from_buffers(pa.string(), len(values), values.buffers(), 0, values.offset)
    try:
        strings.validate(full=True)
        return strings, np.zeros(len(values), bool)
    except pa.ArrowInvalid:
        pass
    texts = values.to_pylist()
    is_bad = np.array([not _is_utf8(text) for text in texts])
    return pa.array([b"" if bad else text for bad, text in zip(is_bad, texts)], pa.string()), is_bad


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False
