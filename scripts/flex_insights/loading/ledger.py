"""What has been loaded: files by path, contents by hash.

A content is the decompressed bytes of a file. It is recognised again under any name, in any
compression, and as the beginning of a file that has grown. Each load adds one JSON file to
`$DATA/loads/`; now and then they are put together into one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

from flex_insights.loading.checked_json import read_checked, write_checked
from flex_insights.loading.errors import LoadError
from flex_insights.loading.files import EventFile
from flex_insights.loading.landing import Landed, load_of
from flex_insights.loading.streams import HEAD_BYTES

# The hash of a content's first 2^n bytes, n as large as it fits, finds candidates.
SMALLEST_HEAD, LARGEST_HEAD = 6, HEAD_BYTES.bit_length() - 1
PIECE_BYTES = 16 << 20
FILES_BEFORE_MERGE = 50
# Raised whenever events are found where none were before: then what is there is read again once.
READER = 2


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...


@dataclass
class Content:
    """A content that was loaded.

    If it grows and it is line-based, reading goes on at byte `resume_at`, the start of line
    `resume_line`: its last line, if that has no line end. `events_of_tail` events of that
    line are in the landing zone; its rejects are provisional. Any other content is read
    anew when it has grown: its first `events` events are passed over.
    """

    length: int
    sha256: str
    head: str
    is_line_based: bool
    events: int
    resume_at: int
    resume_line: int
    events_of_tail: int
    is_damaged: bool  # all that could be decompressed
    path: str
    source_file: str
    load_id: int


FIELDS_OF_CONTENT = {field.name for field in fields(Content)}
FIELDS_OF_LANDED = {field.name for field in fields(Landed)}


class Ledger:
    """What earlier loads, and this one, have read.

    Raises LoadError if a file of it cannot be read.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.files = sorted(folder.glob("*.json"))
        self.last_load_id = 0
        self.last_loaded_at = datetime.fromtimestamp(0, timezone.utc)
        self._paths: dict[str, tuple[int, ...]] = {}
        self._contents: dict[tuple[int, str], Content] = {}
        self._by_head: dict[str, list[Content]] = {}
        self._reader = 0
        self._read_since = 0
        # files of the landing zone as they were written
        self.landed: dict[Path, Landed] = {}
        for file in self.files:
            self._read(file)
        if self.is_of_earlier_version:
            self._read_since = self.last_load_id + 1
        self._new_paths: dict[str, tuple[int, ...]] = {}
        self._new_contents: list[Content] = []
        self._new_landed: dict[str, dict | None] = {}

    def _read(self, file: Path) -> None:
        load = read_load(file)
        self.last_load_id = max(self.last_load_id, load["load_id"])
        loaded_at = datetime.fromisoformat(load["loaded_at"])
        self.last_loaded_at = max(self.last_loaded_at, loaded_at)
        if load.get("reader", 1) > self._reader:
            self._reader, self._read_since = load.get("reader", 1), load.get("read_since", 0)
        self._paths.update((path, tuple(stamp)) for path, stamp in load["paths"].items())
        for content in load["contents"]:
            self._add(Content(**content))
        for path, landed in load["landed"].items():
            if landed is None:
                self.landed.pop(Path(path), None)
            else:
                self.landed[Path(path)] = Landed(**landed)

    def _add(self, content: Content) -> None:
        self._contents[content.length, content.sha256] = content
        self._by_head.setdefault(content.head, []).append(content)

    @property
    def contents(self) -> Iterable[Content]:
        return self._contents.values()

    @property
    def is_of_earlier_version(self) -> bool:
        """Whether all loads were made by versions that found fewer events."""
        return bool(self.files) and self._reader < READER

    @property
    def read_since(self) -> int:
        """The first load that this version, or one that finds the same, has made."""
        return self._read_since

    def next_loaded_at(self) -> datetime:
        """Now, but later than any load before, whatever the clock says."""
        now = datetime.now(timezone.utc)
        return max(now, self.last_loaded_at + timedelta(microseconds=1))

    def has_read(self, file: EventFile) -> bool:
        """Whether the file is, by its stamp, just as it was when it was last read."""
        return self._paths.get(file.path) == file.stamp

    def remember_file(self, file: EventFile) -> None:
        self._new_paths[file.path] = self._paths[file.path] = file.stamp

    def remember_content(self, content: Content) -> None:
        self._new_contents.append(content)
        self._add(content)

    def remember_landed(self, landed: dict[Path, Landed], removed: Iterable[Path]) -> None:
        """Notes files that this load adds to the landing zone or writes anew, and that it removes."""
        for path in removed:
            if self.landed.pop(path, None):
                self._new_landed[str(path)] = None
        self.landed |= landed
        self._new_landed |= {str(path): asdict(file) for path, file in landed.items()}

    def contents_of(self, load_id: int, sources: list[str] | None) -> list[Content]:
        """Contents of a load, of some event files or (None) of all, with what these had before or have
        become since."""
        paths = {
            content.path for content in self._contents.values()
            if content.load_id == load_id and (sources is None or content.source_file in sources)
        }
        return [content for content in self._contents.values() if content.path in paths]

    def forget_contents(self, contents: Iterable[Content]) -> None:
        """Does as if contents had never been loaded. All event files are looked through again, so that
        they are found under any name."""
        for content in contents:
            if self._contents.pop((content.length, content.sha256), None):
                self._by_head[content.head].remove(content)
        self._paths.clear()

    def holds(self, content: Content) -> bool:
        """Whether a content has been loaded, or loaded again since it was forgotten."""
        return (content.length, content.sha256) in self._contents

    def is_without_content(self, path: Path) -> bool:
        """Whether all contents that a file of the landing zone came of are forgotten."""
        load_id, sources = load_of(path), self.landed[path].sources
        return not any(
            content.load_id == load_id and (sources is None or content.source_file in sources)
            for content in self._contents.values()
        )

    def candidates(self, head: bytes) -> list[Content]:
        """Contents that a file may be or begin with, told by its first HEAD_BYTES bytes."""
        return [content for key in _head_keys(head) for content in self._by_head.get(key, ())]

    def longest_match(
        self, candidates: list[Content], stream: Readable, load_id: int
    ) -> tuple[Content | None, bool]:
        """Which candidate a stream begins with, the longest, and whether it is all of it.

        How many events a content of load `load_id`, under way, holds is not known yet: it
        matches only as a whole.
        """
        hashed, length = hashlib.sha256(), 0
        match: Content | None = None
        here: Content | None = None
        for next_length in sorted({content.length for content in candidates}):
            while length < next_length:
                data = stream.read(min(next_length - length, PIECE_BYTES))
                if not data:
                    return (here, True) if here and here.length == length else (match, False)
                hashed.update(data)
                length += len(data)
            here = self._contents.get((length, hashed.copy().hexdigest()))
            if here and here.load_id != load_id:
                match = here
        is_all = not stream.read(1)
        return (here, True) if here and is_all else (match, False)

    def forget_removed(self, folder: Path) -> None:
        """Forgets the files of a folder that are no longer there, and what they held."""
        gone = {
            path
            for path in self._paths
            if Path(path).is_relative_to(folder.resolve()) and not os.path.exists(path)
        }
        self._paths = {path: stamp for path, stamp in self._paths.items() if path not in gone}
        self._contents = {
            key: content for key, content in self._contents.items() if content.path not in gone
        }

    def write(self, path: Path, load_id: int, loaded_at: datetime, is_whole: bool) -> None:
        """Writes what is new, or all that is known."""
        load = {
            "load_id": load_id,
            "loaded_at": loaded_at.isoformat(),
            "reader": READER,
            "read_since": self._read_since,
            "paths": self._paths if is_whole else self._new_paths,
            "contents": [
                asdict(content)
                for content in (self._contents.values() if is_whole else self._new_contents)
            ],
            "landed": {str(path): asdict(file) for path, file in self.landed.items()}
            if is_whole
            else self._new_landed,
        }
        write_checked(path, load)


def read_load(file: Path) -> dict:
    """What a file of the ledger says. Raises LoadError if it is damaged."""
    try:
        load = {"landed": {}} | read_checked(file)
        datetime.fromisoformat(load["loaded_at"])
        is_whole = (
            isinstance(load["load_id"], int)
            and isinstance(load["paths"], dict)
            and all(isinstance(stamp, list) for stamp in load["paths"].values())
            and all(content.keys() == FIELDS_OF_CONTENT for content in load["contents"])
            and all(
                landed is None or landed.keys() == FIELDS_OF_LANDED
                for landed in load["landed"].values()
            )
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise LoadError(
            f"{file}, the list of what a load has read, is damaged: restore it from a backup, or "
            "load everything into a new DATA folder (copy privacy.json and kept_since there "
            "first, if there are any)."
        )
    return load


def begins_with(stream: Readable, content: Content) -> bool:
    """Whether the content is the beginning of a stream, or all of it."""
    hashed, left = hashlib.sha256(), content.length
    while left and (data := stream.read(min(left, PIECE_BYTES))):
        hashed.update(data)
        left -= len(data)
    return not left and hashed.hexdigest() == content.sha256


def head_of(start: bytes) -> str:
    """The key under which a content with these first HEAD_BYTES bytes is filed."""
    return _head_keys(start)[-1]


def _head_keys(start: bytes) -> list[str]:
    if len(start) < 1 << SMALLEST_HEAD:
        # Too short for a hash of its beginning: all of these are candidates of each other.
        return ["short"]
    keys = ["short"]
    hashed, length = hashlib.sha256(), 0
    for exponent in range(SMALLEST_HEAD, LARGEST_HEAD + 1):
        if 1 << exponent > len(start):
            break
        hashed.update(start[length : 1 << exponent])
        length = 1 << exponent
        keys.append(f"{exponent}:{hashed.copy().hexdigest()}")
    return keys
