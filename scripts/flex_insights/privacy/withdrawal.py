"""What was made from the landing zone, and goes together with what is erased there."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from flex_insights.loading.commit import workspace_path
from flex_insights.publishing.files import FILE_MODE
from flex_insights.publishing.manifest import NAME, read_manifest, write_without

# Made from all accounts together: the next build makes it again.
BUILT = (
    *("flex_insights.duckdb", "flex_insights.duckdb.wal", "flex_insights.duckdb.tmp"),
    *("flex_insights.duckdb.damaged", "flex_insights.duckdb.damaged.wal"),
    *("logs", "target", "spark"),
)
PUBLISHED = Path("published")


@dataclass
class Withdrawal:
    """Files to put in place and to remove, relative to the data folder; `published` are those of
    them that others read, by name."""

    targets: list[Path] = field(default_factory=list)
    removals: list[Path] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    has_spark: bool = False


@dataclass
class Erasure:
    """What a command has done, in lines for the user, and what it has withdrawn."""

    said: list[str]
    withdrawal: Withdrawal


def withdraw(data: Path, accounts: Collection[str] | None) -> Withdrawal:
    """Withdraws all that was built, and what is published of some accounts (None: of all).

    Files of other accounts stay with their entries in the manifest; a file that no entry names may be
    of anybody and goes.
    """
    folder = data / PUBLISHED
    manifest = read_manifest(folder)
    kept = {
        account: entry for account, entry in manifest.get("accounts", {}).items()
        if accounts is not None and account not in accounts
    }
    files = {entry["file"] for entry in kept.values()}
    files |= {f"{name}.wal" for name in files}
    withdrawal = Withdrawal(has_spark=(data / "spark" / "warehouse").exists())
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in files or not _is_ours(path.name):
            continue
        withdrawal.removals.append(PUBLISHED / name)
        if name.endswith(".duckdb"):
            withdrawal.published.append(name)
    if (folder / NAME).exists():
        _write_manifest(data, manifest, kept, withdrawal)
    withdrawal.removals += [Path(name) for name in BUILT if (data / name).exists()]
    return withdrawal


def _is_ours(name: str) -> bool:
    return name.endswith((".duckdb", ".duckdb.wal")) or (name.startswith(".") and ".tmp" in name)


def _write_manifest(data: Path, manifest: dict, kept: dict, withdrawal: Withdrawal) -> None:
    target = PUBLISHED / NAME
    if not kept:
        withdrawal.removals.append(target)
        return
    path = workspace_path(data, target)
    write_without(path, manifest, kept)
    os.chmod(path, FILE_MODE)
    withdrawal.targets.append(target)
