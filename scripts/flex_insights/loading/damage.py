"""Damage to the landing zone: found by the checksums that the ledger keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flex_insights.loading.landing import Landed, load_of, sha256_of
from flex_insights.loading.ledger import Ledger

MOST_SHOWN = 5


@dataclass(frozen=True)
class DamagedFile:
    """A file of the landing zone (relative to the data folder) that is missing or not as it was written.

    `sources` names the event files of which it held rows, None if all of its load.
    """

    path: Path
    is_missing: bool
    sources: tuple[str, ...] | None

    @property
    def load_id(self) -> int:
        return load_of(self.path)


def damaged_files(data: Path, progress: Callable[[str], None]) -> list[DamagedFile]:
    """Compares every file of the landing zone with what was written. Raises LoadError, OSError.

    Reads all of it, about a gigabyte a second. Of files that were landed before there were checksums
    only the frame is looked at.
    """
    known = Ledger(data / "loads").landed
    there = {path.relative_to(data) for name in ("raw", "rejected") for path in (data / name).rglob("*.parquet")}
    found = []
    for number, path in enumerate(sorted({*known, *there}), 1):
        progress(f"Checking file {number} of {len(known.keys() | there)} of the landing zone")
        landed = known.get(path)
        if path not in there:
            found.append(_damaged(path, landed, is_missing=True))
        elif not _is_whole(data / path, landed):
            found.append(_damaged(path, landed, is_missing=False))
    return found


def _is_whole(path: Path, landed: Landed | None) -> bool:
    if landed:
        return sha256_of(path) == landed.sha256
    try:
        pq.read_metadata(path)
    except pa.ArrowException:
        return False
    return True


def _damaged(path: Path, landed: Landed | None, is_missing: bool) -> DamagedFile:
    sources = landed.sources if landed else None
    return DamagedFile(path, is_missing, None if sources is None else tuple(sources))


def some_of(names: list[str]) -> str:
    """Names for a sentence, not too many."""
    shown = ", ".join(names[:MOST_SHOWN])
    others = len(names) - MOST_SHOWN
    return f"{shown} and {others:,} more" if others > 0 else shown
