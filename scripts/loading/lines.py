"""Finds the lines of a line-based file, in pieces of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEWLINE, CARRIAGE_RETURN = 10, 13
IS_BLANK = np.zeros(256, bool)
IS_BLANK[list(b" \t\r\n")] = True


@dataclass
class Lines:
    """Lines data[start:end] without the blanks around them; blank lines are left out."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray
    numbers: np.ndarray


class LineFinder:
    """Numbers lines from `number` on; `rest` is the beginning of the line with that number."""

    def __init__(self, number: int = 1):
        self.number = number
        self.rest = b""
        self.is_passing_over = False

    def feed(self, data: bytes) -> Lines | None:
        """The lines that the next bytes complete, if any."""
        if self.is_passing_over:
            end = data.find(b"\n") + 1
            if not end:
                return None
            data = data[end:]
            self.number += 1
            self.is_passing_over = False
        searched = len(self.rest)
        if searched:
            data = self.rest + data
        cut = data.rfind(b"\n", searched) + 1
        self.rest = data[cut:]
        return self._lines(data, cut) if cut else None

    def pass_over(self) -> bytes:
        """Leaves out the rest of the line under way; gives what there is of it."""
        beginning, self.rest = self.rest, b""
        self.is_passing_over = True
        return beginning

    def _lines(self, data: bytes, size: int) -> Lines:
        characters = np.frombuffer(data, np.uint8, size)
        ends = np.flatnonzero(characters == NEWLINE)
        starts = np.concatenate([[0], ends[:-1] + 1])
        numbers = np.arange(self.number, self.number + len(ends))
        self.number += len(ends)
        return _trimmed(Lines(data, starts, ends, numbers), characters)


def _trimmed(lines: Lines, characters: np.ndarray) -> Lines:
    starts, ends = lines.starts, lines.ends
    # Windows line ends come on every line, other blanks hardly ever.
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
