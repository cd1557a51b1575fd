"""Writes what `receive` was sent: one thread, and one wait for the disk for all who wait meanwhile."""

from __future__ import annotations

import os
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import date, datetime, timezone
from pathlib import Path

from flex_insights.inbox import SUFFIX, LineFile, make_folder

LARGEST_FILE = 64 << 20
LARGEST_GROUP = 16 << 20
LARGEST_QUEUE = 64 << 20

Place = tuple[str, str]  # account and workspace


class Overloaded(Exception):
    """More waits to be written than memory should hold."""


class GroupCommit:
    """Appends lines to files of the inbox: a new one at every start, on every day (UTC), and after 64 MB."""

    def __init__(self, data: Path, clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)):
        self._data, self._clock = data, clock
        self._queue: queue.SimpleQueue[tuple[Mapping[Place, bytes], Future[None]] | None] = queue.SimpleQueue()
        self._files: dict[Place, tuple[LineFile, date]] = {}
        self._files_so_far = 0
        self._waiting = 0
        self._lock = threading.Lock()
        self.last_error: Exception | None = None  # None again as soon as writing works
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    def submit(self, lines: Mapping[Place, bytes]) -> Future[None]:
        """Has lines written; the result is there when they are on the disk, else an OSError.

        Raises Overloaded.
        """
        size = sum(map(len, lines.values()))
        with self._lock:
            if self._waiting + size > LARGEST_QUEUE:
                raise Overloaded
            self._waiting += size
        future: Future[None] = Future()
        self._queue.put((lines, future))
        return future

    def stop(self) -> None:
        """Writes what has been submitted, and ends."""
        self._queue.put(None)
        self._thread.join()
        for file, _ in self._files.values():
            file.close()
        self._files = {}

    def _run(self) -> None:
        is_stopping = False
        while not is_stopping:
            group = [self._queue.get()]
            size = 0
            while group[-1] is not None and size < LARGEST_GROUP:
                size += sum(map(len, group[-1][0].values()))
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            is_stopping = group[-1] is None
            self._commit([request for request in group if request is not None])

    def _commit(self, requests: list[tuple[Mapping[Place, bytes], Future[None]]]) -> None:
        parts: dict[Place, list[bytes]] = defaultdict(list)
        for lines, _ in requests:
            for place, text in lines.items():
                parts[place].append(text)
        errors: dict[Place, Exception] = {}
        for place, texts in parts.items():
            try:
                self._write(place, b"".join(texts))
            except Exception as error:  # whatever it is: others wait for this thread
                errors[place] = error
                self._close(place)
        self.last_error = next(iter(errors.values()), None)
        for lines, future in requests:
            with self._lock:
                self._waiting -= sum(map(len, lines.values()))
            error = next((errors[place] for place in lines if place in errors), None)
            future.set_exception(error) if error else future.set_result(None)

    def _write(self, place: Place, lines: bytes) -> None:
        today = self._clock().date()
        if place in self._files:
            file, day = self._files[place]
            if day != today or file.length >= LARGEST_FILE or not file.append(lines):
                self._close(place)
            else:
                return
        # A load that takes this one away before it is locked takes an empty one: then another.
        while True:
            self._files[place] = self._new_file(place), today
            if self._files[place][0].append(lines):
                return
            self._close(place)

    def _new_file(self, place: Place) -> LineFile:
        self._files_so_far += 1
        started = self._clock().strftime("%Y%m%dT%H%M%S.%f")
        name = f"receive-{started}-{os.getpid()}-{self._files_so_far}{SUFFIX}"
        return LineFile(make_folder(self._data, *place) / name)

    def _close(self, place: Place) -> None:
        if place in self._files:
            file, _ = self._files.pop(place)
            with suppress(OSError):
                if not file.length:
                    file.path.unlink()
                file.close()
