"""The inbox: where `fetch` and `receive` put events, and a load takes them from.

`$DATA/inbox/<AccountSid>/<WorkspaceSid>/*.jsonl` holds one event a line. Writers and loads run at the
same time and agree on this:

- Hidden files (`.…`) belong to their writer. `fetch` writes into one and gives it a visible name when
  it is complete; its watermark, `.fetch.json`, is another.
- A visible file grows by whole lines or not at all, so a load may read it at any time.
- Adding to a visible file and removing it are done under its lock (flock), which the system releases
  however a process ends. A load removes a file if, under the lock, it is just what was landed.
  `receive` then sees, under the lock, that its file has no name any more, and starts another one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flex_insights.loading.commit import sync

NAME = "inbox"
SUFFIX = ".jsonl"
WORKSPACE_SID = re.compile(r"WS[0-9a-fA-F]{32}")
ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
UNKNOWN = "unknown"


def inbox_files(data: Path) -> list[Path]:
    """The files that hold events, in the order of their names."""
    inbox = data / NAME
    return sorted(
        path
        for path in inbox.rglob(f"*{SUFFIX}")
        if not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    )


def is_in_use(data: Path) -> bool:
    """Whether `fetch` or `receive` ever wrote to this data folder."""
    return (data / NAME).is_dir() and any((data / NAME).iterdir())


def make_folder(data: Path, account: str, workspace: str) -> Path:
    """The folder of a workspace's events, made so that a crash does not undo it.

    What is no SID becomes `unknown`: nothing that was sent can name another place.
    """
    account = account if ACCOUNT_SID.fullmatch(account) else UNKNOWN
    workspace = workspace if WORKSPACE_SID.fullmatch(workspace) else UNKNOWN
    folder = data / NAME / account / workspace
    for path in reversed([folder, *folder.parents]):
        if not path.exists():
            path.mkdir(mode=0o700, exist_ok=True)
            sync(path.parent)
    return folder


class LineFile:
    """A new file that grows by whole lines; only its owner can read it."""

    def __init__(self, path: Path):
        """Raises OSError."""
        self.path, self.length = path, 0
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._handle = os.open(path, flags, 0o600)
        try:
            sync(path.parent)
        except OSError:
            self.close()
            raise

    def append(self, lines: bytes) -> bool:
        """Adds lines and waits until they are on the disk; False if the file has been removed.

        Raises OSError, having taken back what was written; the file must then be closed, since
        the system may have forgotten what it could not write.
        """
        with locked(self._handle):
            if os.fstat(self._handle).st_nlink == 0:
                return False
            try:
                self._write(lines)
                os.fdatasync(self._handle)
            except OSError:
                self._cut_back()
                raise
            self.length += len(lines)
        return True

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(self._handle, rest) :]

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._handle, self.length)
        except OSError:
            pass  # a line without an end stays: a load rejects it

    def close(self) -> None:
        os.close(self._handle)


@contextmanager
def locked(handle: int) -> Iterator[None]:
    """Holds the lock of an open file."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def remove_landed(data: Path, is_landed: Callable[[Path], bool]) -> int:
    """Removes the files of which all has landed; gives how many these were.

    `is_landed` is asked while nobody can add to the file.
    """
    removed = 0
    for path in inbox_files(data):
        handle = os.open(path, os.O_RDONLY)
        try:
            with locked(handle):
                if is_landed(path):
                    path.unlink()
                    removed += 1
        finally:
            os.close(handle)
    return removed
