"""All or nothing: what a load has written appears at once, or not at all.

A load writes under `$DATA/tmp/load/`. When everything is there and on the disk, a journal
of renames and removals is put beside it: from then on the load counts, and whoever finds
the journal finishes it. Without a journal, what lies there is thrown away.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from flex_insights.loading.checked_json import Damaged, read_checked, write_checked
from flex_insights.loading.errors import LoadError

WORKSPACE = Path("tmp", "load")
JOURNAL = WORKSPACE / "journal.json"


def recover(data: Path) -> None:
    """Finishes a load that was interrupted after it counted; discards any other.

    Raises LoadError if what is left to do cannot be read.
    """
    if (data / JOURNAL).exists():
        _apply(data, _read_journal(data / JOURNAL))
    discard(data)


def _read_journal(path: Path) -> dict[str, list[str]]:
    try:
        plan = read_checked(path)
        if {*plan} != {"targets", "removals"}:
            raise Damaged(path)
    except Damaged:
        raise LoadError(
            f"{path}, the list of what an interrupted load or erasure has left to do, is damaged: "
            "restore DATA from a backup, or load everything into a new DATA folder and repeat every "
            "redact, forget and expire there."
        ) from None
    return plan


def discard(data: Path) -> None:
    """Removes the workspace, unless a journal says that it counts."""
    if not (data / JOURNAL).exists():
        shutil.rmtree(data / WORKSPACE, ignore_errors=True)


def workspace_path(data: Path, target: Path) -> Path:
    """Where to write the file that is to become `target` (both under `data`)."""
    path = data / WORKSPACE / "files" / target
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def commit(data: Path, targets: list[Path], removals: list[Path]) -> None:
    """Puts the written files in their places, replacing what is there; removes `removals`.

    Paths are relative to `data`. If the process ends in between, recover() finishes.
    """
    for target in targets:
        sync(workspace_path(data, target))
        (data / target).parent.mkdir(parents=True, exist_ok=True)
    plan = {"targets": [str(t) for t in targets], "removals": [str(r) for r in removals]}
    draft = data / WORKSPACE / "journal.draft"
    write_checked(draft, plan)
    sync(draft)
    draft.replace(data / JOURNAL)
    sync((data / JOURNAL).parent)
    _apply(data, plan)


def _apply(data: Path, plan: dict[str, list[str]]) -> None:
    # Removals first: what is withdrawn is read by others.
    for removal in map(Path, plan["removals"]):
        if (data / removal).is_dir():
            shutil.rmtree(data / removal)
        else:
            (data / removal).unlink(missing_ok=True)
    for target in map(Path, plan["targets"]):
        written = data / WORKSPACE / "files" / target
        if written.exists():  # else it was renamed before the interruption
            written.replace(data / target)
    paths = map(Path, plan["targets"] + plan["removals"])
    for folder in {folder for path in paths for folder in path.parents}:
        if (data / folder).is_dir():
            sync(data / folder)
    (data / JOURNAL).unlink()
    shutil.rmtree(data / WORKSPACE, ignore_errors=True)


def sync(path: Path) -> None:
    """Waits until a file, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
