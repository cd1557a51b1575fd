"""Finds the lines of a line-based file, in pieces of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEWLINE, CARRIAGE_RETURN = 10, 13
# Lines of at least this many bytes are found faster one by one than by comparing every byte.
LONG_LINE = 256
IS_BLANK = np.zeros(256, bool)
IS_BLANK[list(b" \t\r\n")] = True


@dataclass
class Lines:
    """Lines data[start:end] without surrounding whitespace; blank lines are left out."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray
    numbers: np.ndarray


class LineFinder:
    """Finds and numbers lines; `number` is that of the current, unfinished line."""

    def __init__(self, number: int = 1):
        self.number = number
        self.is_passing_over = False
        self._rest: list[bytes] = []
        self.rest_length = 0

    @property
    def rest(self) -> bytes:
        """The beginning of the unfinished line."""
        return b"".join(self._rest)

    def feed(self, data: bytes) -> Lines | None:
        """The lines that the next bytes complete, if any."""
        if self.is_passing_over:
            end = data.find(b"\n") + 1
            if not end:
                return None
            data = data[end:]
            self.number += 1
            self.is_passing_over = False
        cut = data.rfind(b"\n") + 1
        # The many pieces of a long line are joined once, at its end.
        complete = b"".join([*self._rest, data[:cut]]) if cut else b""
        self._keep(data[cut:], is_new=cut > 0)
        return self._lines(complete) if cut else None

    def _keep(self, rest: bytes, is_new: bool) -> None:
        if is_new:
            self._rest, self.rest_length = [], 0
        if rest:
            self._rest.append(rest)
            self.rest_length += len(rest)

    def pass_over(self) -> bytes:
        """Skips the rest of the unfinished line; returns what there is of it."""
        beginning = self.rest
        self._keep(b"", is_new=True)
        self.is_passing_over = True
        return beginning

    def _lines(self, data: bytes) -> Lines:
        characters = np.frombuffer(data, np.uint8)
        ends = _line_ends(data, characters)
        starts = np.concatenate([[0], ends[:-1] + 1])
        numbers = np.arange(self.number, self.number + len(ends))
        self.number += len(ends)
        return _trimmed(Lines(data, starts, ends, numbers), characters)


def _line_ends(data: bytes, characters: np.ndarray) -> np.ndarray:
    sample = 16 * LONG_LINE
    if data.count(b"\n", 0, sample) * LONG_LINE > sample:
        return np.flatnonzero(characters == NEWLINE)
    ends = []
    end = data.find(b"\n")
    while end >= 0:
        ends.append(end)
        end = data.find(b"\n", end + 1)
    return np.array(ends, np.int64)


def _trimmed(lines: Lines, characters: np.ndarray) -> Lines:
    starts, ends = lines.starts, lines.ends
    # Windows line ends are on every line, other whitespace hardly ever.
    has_return = (ends > starts) & (characters[ends - 1] == CARRIAGE_RETURN)
    ends = ends - has_return
    kept = np.flatnonzero(ends > starts)
    starts, ends, numbers = starts[kept], ends[kept], lines.numbers[kept]
    for i in np.flatnonzero(IS_BLANK[characters[starts]] | IS_BLANK[characters[ends - 1]]):
        line = lines.data[starts[i] : ends[i]]
        starts[i] += len(line) - len(line.lstrip(b" \t\r\n"))
        ends[i] = max(starts[i], ends[i] - (len(line) - len(line.rstrip(b" \t\r\n"))))
    kept = np.flatnonzero(ends > starts)
    return Lines(lines.data, starts[kept], ends[kept], numbers[kept])
