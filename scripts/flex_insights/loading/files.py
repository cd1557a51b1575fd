"""Which files `EVENTS` names."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path

from flex_insights.loading.errors import LoadError

# Written by the project itself: never input, even if EVENTS holds the DATA folder.
OWN_FOLDERS = (
    "raw", "rejected", "loads", "tmp", "published", "kept_since", "spark", "logs", "target",
)
OWN_FILES = ("flex_insights.duckdb", "privacy.json")


@dataclass(frozen=True)
class EventFile:
    """An input file: where it is, the name users know it by, and how it last changed."""

    path: str
    name: str
    stamp: tuple[int, int, int, int]  # size, mtime_ns, ctime_ns, inode

    @property
    def size(self) -> int:
        return self.stamp[0]

    def inside(self, name: str) -> EventFile:
        """A file inside this one, which is an archive."""
        return EventFile(f"{self.path}/{name}", f"{self.name}/{_printable(name)}", self.stamp)


def find_event_files(events: str, data: Path) -> list[EventFile]:
    """All files that `events` names: file, folder or glob, several separated by ':'.

    Hidden files and the project's own output under `data` are left out; the order is that
    of the names. Raises LoadError if a part names nothing, or something unreadable.
    """
    own = {os.path.realpath(data / folder) for folder in OWN_FOLDERS}
    found: dict[str, EventFile] = {}
    for part in _parts(events):
        paths = [p for match in _matches(part) for p in _walk(match, own)]
        if not paths:
            raise LoadError(f"EVENTS holds no event file: {part} (hidden files are left out).")
        for path in paths:
            found.setdefault(os.path.realpath(path), _describe(path))
    return sorted(found.values(), key=lambda file: (file.name, file.path))


def _parts(events: str) -> list[str]:
    if events and os.path.exists(events):
        return [events]
    parts = [part for part in events.split(":") if part.strip()]
    if not parts:
        raise LoadError("EVENTS is empty: name a file, a folder or a glob of event files.")
    return parts


def _matches(part: str) -> list[str]:
    if os.path.lexists(part):
        return [part]
    matches = glob.glob(os.path.expanduser(part), recursive=True)
    if not matches:
        raise LoadError(f"EVENTS names nothing that exists: {part}")
    # A recursive glob lists a folder and its files: each once is enough.
    return sorted(m for m in matches if not (os.path.isdir(m) and "**" in part))


def _walk(top: str, own: set[str]) -> list[str]:
    if not os.path.isdir(top):
        return [top] if not _is_own(top, own) else []
    paths: list[str] = []
    seen: set[str] = set()
    for folder, folders, names in os.walk(top, followlinks=True, onerror=_unreadable):
        if os.path.realpath(folder) in seen | own:
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        inside = (os.path.join(folder, n) for n in sorted(names) if not n.startswith("."))
        paths += [p for p in inside if not os.path.exists(p) or os.path.isfile(p)]
    return [p for p in paths if not _is_own(p, own)]


def _is_own(path: str, own: set[str]) -> bool:
    real = os.path.realpath(path)
    if os.path.basename(real).startswith(OWN_FILES):
        return True
    return any(real.startswith(folder + os.sep) for folder in own)


def _unreadable(error: OSError) -> None:
    raise LoadError(f"EVENTS cannot be read: {error.filename} ({error.strerror}).")


def _describe(path: str) -> EventFile:
    if os.path.exists(path) and not os.path.isfile(path):
        raise LoadError(f"EVENTS must name regular files: {path} is not one.")
    try:
        with open(path, "rb") as file:
            stat = os.fstat(file.fileno())
    except OSError as error:
        raise LoadError(f"EVENTS cannot be read: {path} ({error.strerror}).") from None
    stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return EventFile(os.path.realpath(path), _printable(path), stamp)


def _printable(path: str) -> str:
    """The path as text that UTF-8 can hold (file names may be any bytes)."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
