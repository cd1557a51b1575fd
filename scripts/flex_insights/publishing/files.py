"""Files of accounts: their names, and how they are replaced."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from flex_insights.loading.commit import sync

PLAIN_NAME = re.compile(r"AC[0-9A-Za-z_-]{1,64}|unknown")
FILE_MODE = 0o640


def file_names(accounts: Iterable[str]) -> dict[str, str]:
    """The name of each account's file: its SID if it is a valid one, else a safe form of it and a hash.

    So no account's name leads out of the folder or to another account's file, even if file names
    ignore case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for account in sorted(accounts):
        name = account
        if not PLAIN_NAME.fullmatch(account) or account.casefold() in taken:
            readable = re.sub(r"[^0-9A-Za-z_-]", "_", account)[:40]
            name = f"{readable}.{hashlib.sha256(account.encode()).hexdigest()[:16]}"
        taken.add(name.casefold())
        names[account] = f"{name}.duckdb"
    return names


def path_aside(path: Path) -> Path:
    """Where a file is written until it is complete."""
    return path.with_name(f".{path.name}.tmp")


def put_in_place(aside: Path, path: Path) -> None:
    """Replaces the file by a finished one, so that even after a power failure it is complete."""
    os.chmod(aside, FILE_MODE)
    sync(aside)
    # A tool that opened the old file for writing may have left a log of changes to it, which must not
    # be applied to the new one.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    os.replace(aside, path)
    sync(path.parent)


def stamp(path: Path) -> list[int]:
    """Size and time of the last change; empty if there is no such file."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return []
    return [stat.st_size, stat.st_mtime_ns]


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed run left."""
    for path in folder.glob(".*.tmp*"):
        path.unlink()


def remove_others(folder: Path, files: set[str]) -> None:
    """Removes the files of accounts that no longer exist."""
    for path in folder.glob("*.duckdb"):
        if path.name not in files:
            path.unlink()
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
