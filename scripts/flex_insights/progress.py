"""How far long work has come: a line that changes on a terminal, a few plain lines in a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

SECONDS_BETWEEN_LINES = 10


class Progress:
    """Call it with a text as often as you like, from any thread; `done()` clears the line.

    As a context manager it also clears the line when an error ends the work.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._lock = threading.Lock()
        self._last_line_at = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.done()

    def __call__(self, text: str) -> None:
        with self._lock:
            if self._is_terminal:
                width = shutil.get_terminal_size().columns - 1
                self._write(f"\r\033[K{text[:width]}")
            elif time.monotonic() - self._last_line_at >= SECONDS_BETWEEN_LINES:
                self._write(f"{text}\n")
                self._last_line_at = time.monotonic()

    def done(self) -> None:
        """Clears the changing line."""
        with self._lock:
            if self._is_terminal:
                self._write("\r\033[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
