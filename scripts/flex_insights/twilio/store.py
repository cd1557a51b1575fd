"""Where a fetch writes a workspace's events, and how it knows what it has.

The watermark file `.fetch.json` holds the time up to which everything has been fetched, the SIDs of
the events shortly before it, the gaps that no fetch covered, and how much of the file being written
counts. Events are on the disk before it names them, and it is replaced by a rename: killed at any
moment, the next fetch finds exactly the events that the watermark speaks of.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from flex_insights.loading.commit import sync
from flex_insights.twilio.errors import TwilioError
from flex_insights.inbox import SUFFIX, LineFile, make_folder
from flex_insights.twilio.pages import FetchedEvent

STATE = ".fetch.json"
LOCK = ".fetch.lock"
# Windows overlap by this much, since events may become visible a little late.
OVERLAP = timedelta(minutes=15)
# Twilio compares times by the second as it stores them, which need not be the event's own time.
SLACK = timedelta(minutes=1)
LARGEST_FILE = 64 << 20


@dataclass
class State:
    """The content of the watermark file; times are ISO 8601, UTC, whole seconds.

    `seen` maps the SIDs of recent events to epoch milliseconds; `gaps` are {"from", "to"}.
    `writing` names the hidden file whose first `length` bytes count.
    """

    watermark: str | None = None
    seen: dict[str, int] = field(default_factory=dict)
    gaps: list[dict[str, str]] = field(default_factory=list)
    writing: str | None = None
    length: int = 0


class Store:
    """A workspace's events and watermark. A context: one fetch at a time.

    `protect` takes texts of events and gives those that may be written. Raises TwilioError if
    another fetch is at work or the watermark cannot be read, and OSError.
    """

    def __init__(
        self, data: Path, account: str, workspace: str, protect: Callable[[list[str]], list[str]]
    ):
        self._folder = make_folder(data, account, workspace)
        self._protect = protect
        self._file: LineFile | None = None
        self.written = self.withheld = 0

    def __enter__(self) -> Store:
        self._lock = open(self._folder / LOCK, "a", opener=_private, encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._recover()
        except BaseException as error:
            self._lock.close()
            if isinstance(error, BlockingIOError):
                raise TwilioError(
                    f"Another fetch works in {self._folder}: wait until it has finished, or stop it."
                ) from None
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._file:
                self._file.close()
            # Whatever interrupted a commit: only what is on the disk says what counts.
            self._recover()
        finally:
            self._lock.close()

    @property
    def watermark(self) -> datetime | None:
        """Until when everything has been fetched (UTC)."""
        return datetime.fromisoformat(self._state.watermark) if self._state.watermark else None

    def add_gap(self, start: datetime, end: datetime) -> None:
        """Remembers, with the next commit, a stretch of time that can no longer be fetched."""
        gap = {"from": start.isoformat(), "to": end.isoformat()}
        if gap not in self._state.gaps:
            self._state.gaps.append(gap)

    def commit(self, events: Iterable[FetchedEvent], start: datetime, end: datetime) -> None:
        """Keeps the new ones of a window's events, and moves the watermark to its end."""
        new = {event.sid: event for event in events if event.sid not in self._state.seen}
        texts = self._protect([event.text for event in new.values()])
        if texts:
            self._append("".join(f"{text}\n" for text in texts).encode("utf-8", "replace"))
        first, last = _epoch_ms(start - SLACK), _epoch_ms(end)
        for event in new.values():
            is_plausible = event.time_ms is not None and first <= event.time_ms <= last
            self._state.seen[event.sid] = event.time_ms if is_plausible else last
        watermark = max(self.watermark or end, end)
        oldest = _epoch_ms(watermark - OVERLAP - SLACK)
        self._state.seen = {sid: at for sid, at in self._state.seen.items() if at >= oldest}
        self._state.watermark = watermark.isoformat()
        self._write_state()
        self.written += len(texts)
        self.withheld += len(new) - len(texts)
        if self._file and self._file.length >= LARGEST_FILE:
            self._file.close()
            self._finish(self._file.path)
            self._file = None

    def _append(self, lines: bytes) -> None:
        if not self._file:
            started = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")
            self._file = LineFile(self._folder / f".fetch-{started}-{os.getpid()}{SUFFIX}")
        if not self._file.append(lines):
            raise TwilioError(f"{self._file.path} was removed while fetch wrote to it: fetch again.")
        self._state.writing, self._state.length = self._file.path.name, self._file.length

    def _write_state(self) -> None:
        draft = self._folder / f"{STATE}.draft"
        with open(draft, "w", opener=_private, encoding="utf-8") as file:
            json.dump(asdict(self._state), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / STATE)
        sync(self._folder)

    def _recover(self) -> None:
        """Gives what counts of hidden files its visible name, and removes the rest."""
        self._state = _read(self._folder / STATE)
        for path in self._folder.glob(f".fetch-*{SUFFIX}"):
            self._finish(path)

    def _finish(self, path: Path) -> None:
        length = self._state.length if path.name == self._state.writing else 0
        if not length:
            path.unlink()
            return
        if path.stat().st_size > length:
            os.truncate(path, length)
            sync(path)
        path.replace(path.with_name(path.name.removeprefix(".")))
        sync(self._folder)


def _read(path: Path) -> State:
    try:
        return State(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError):
        raise TwilioError(
            f"{path}, which says what has been fetched, is damaged: remove it to fetch the last 30 days "
            "once more."
        ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
