"""One build at a time on a data folder."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from flex_insights.errors import UserError


class LockedError(UserError):
    """Another build works on the data folder; the message names it."""


@contextmanager
def only_build_on(data: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it however the process ends.

    Raises LockedError at once if another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with open(data / ".lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "a process that has just started"
            raise LockedError(
                f"Another build works on {data} ({holder}): wait until it has finished, or stop it."
            ) from None
        started_at = datetime.now(timezone.utc).isoformat(" ", "seconds")
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}, started {started_at}")
        lock.flush()
        yield
