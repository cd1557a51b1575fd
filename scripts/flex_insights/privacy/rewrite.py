"""Writes the landing zone anew where something of it has to go, all of it or nothing at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flex_insights.loading.checked_json import write_checked
from flex_insights.loading.commit import commit, workspace_path
from flex_insights.loading.landing import EVENT_SCHEMA, REJECT_SCHEMA, open_parquet
from flex_insights.loading.ledger import read_load
from flex_insights.loading.reasons import UNFILTERABLE

from .register import Register
from .withdrawal import Withdrawal, withdraw

# Takes rows and the number of the first of them; gives new rows, and which of them are lost.
Change = Callable[[pa.Table, int], "tuple[pa.Table, np.ndarray | None]"]


@dataclass
class Rewriting:
    """What has been written aside so far, and what is to be removed.

    `accounts` are those of which something is published that has to go, None if that is all.
    """

    data: Path
    lost_reason: str = UNFILTERABLE
    targets: list[Path] = field(default_factory=list)
    removals: list[Path] = field(default_factory=list)
    lost: list[pa.Table] = field(default_factory=list)
    accounts: set[str] | None = field(default_factory=set)
    rows_changed: int = 0
    rows_removed: int = 0

    @property
    def has_changes(self) -> bool:
        return bool(self.targets or self.removals)

    def rewrite(self, path: Path, change: Change) -> None:
        """Writes a Parquet file anew as `change` says, if that makes a difference.

        Rows that are lost go to the rejects, without their text and with `lost_reason`.
        """
        target = path.relative_to(self.data)
        schema = REJECT_SCHEMA if target.parts[0] == "rejected" else EVENT_SCHEMA
        kept, first, is_changed = 0, 0, False
        accounts: set[str] = set()
        with pq.ParquetFile(path) as file, open_parquet(
            workspace_path(self.data, target), schema
        ) as writer:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group).cast(schema)
                if schema is EVENT_SCHEMA:
                    accounts.update(pc.unique(rows["account_sid"]).to_pylist())
                changed, is_lost = change(rows, first)
                first += len(rows)
                if is_lost is not None and is_lost.any():
                    self.lost.append(changed.filter(pa.array(is_lost)))
                    changed = changed.filter(pa.array(~is_lost))
                if len(changed) == len(rows):
                    differing = _differing(rows, changed)
                    self.rows_changed += differing
                    is_changed |= differing > 0
                else:
                    self.rows_removed += len(rows) - len(changed)
                    is_changed = True
                kept += len(changed)
                if len(changed):
                    writer.write_table(changed.cast(schema), row_group_size=len(changed))
        if is_changed and self.accounts is not None:
            self.accounts |= accounts
        if not is_changed:
            workspace_path(self.data, target).unlink()
        elif kept:
            self.targets.append(target)
        else:
            workspace_path(self.data, target).unlink()
            self.removals.append(target)

    def finish(self, register: Register, rebuild: bool) -> Withdrawal:
        """Puts all that was written aside in place, and the register with it.

        With `rebuild` what was made from the landing zone goes in the same commit, if that has
        changed: gives what is withdrawn. If the process ends in between, the next build takes it up.
        """
        if self.lost:
            self.targets.append(self._write_lost())
        withdrawal = Withdrawal()
        if rebuild and self.has_changes:
            withdrawal = withdraw(self.data, self.accounts)
        targets = [*self.targets, register.write(), *withdrawal.targets]
        commit(self.data, targets, [*self.removals, *withdrawal.removals])
        return withdrawal

    def _write_lost(self) -> Path:
        lost = pa.concat_tables(self.lost)
        rejects = pa.table(
            {
                "text": pa.repeat(pa.scalar(""), len(lost)),
                "source_file": lost["source_file"],
                "position": lost["position"],
                "reason": pa.repeat(pa.scalar(self.lost_reason), len(lost)),
                "load_id": lost["load_id"],
                "loaded_at": lost["loaded_at"],
            }
        ).cast(REJECT_SCHEMA)
        number = pc.max(rejects["load_id"]).as_py()
        taken = {path.name for path in (self.data / "rejected").glob("*.parquet")}
        names = (f"{number:08d}-filtered-{i}.parquet" for i in range(len(taken) + 1))
        target = Path("rejected", next(name for name in names if name not in taken))
        with open_parquet(workspace_path(self.data, target), REJECT_SCHEMA) as writer:
            writer.write_table(rejects)
        return target


def event_files(data: Path) -> list[Path]:
    return sorted((data / "raw").rglob("*.parquet"))


def reject_files(data: Path) -> list[Path]:
    return sorted((data / "rejected").glob("*.parquet"))


def with_column(rows: pa.Table, name: str, values: list | pa.Array) -> pa.Table:
    """Rows with other values in a column."""
    place = rows.schema.get_field_index(name)
    kind = rows.schema.field(place).type
    values = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kind)
    return rows.set_column(place, rows.schema.field(place), values)


def erased_name(name: str) -> str:
    """What stands for a file whose name mentions somebody."""
    return "erased-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def rename_files_in_ledger(data: Path, rewriting: Rewriting, is_meant: Callable[[str], bool]) -> None:
    """Takes names of event files out of `loads/`; contents are still known by their hashes."""
    for path in sorted((data / "loads").glob("*.json")):
        load = read_load(path)
        changed = {
            **load,
            "paths": {_name(key, is_meant): stamp for key, stamp in load["paths"].items()},
            "contents": [
                content | {key: _name(content[key], is_meant) for key in ("path", "source_file")}
                for content in load["contents"]
            ],
        }
        if changed != load:
            target = path.relative_to(data)
            write_checked(workspace_path(data, target), changed)
            rewriting.targets.append(target)


def _name(name: str, is_meant: Callable[[str], bool]) -> str:
    return erased_name(name) if is_meant(name) else name


def _differing(rows: pa.Table, others: pa.Table) -> int:
    if rows is others:
        return 0
    differing = None
    for name in rows.schema.names:
        unequal = pc.not_equal(rows[name], others[name])
        differing = unequal if differing is None else pc.or_(differing, unequal)
    return pc.sum(differing.cast(pa.int64())).as_py() or 0


