"""Writes the landing zone anew where something of it has to go, all of it or nothing at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flex_insights.loading.checked_json import write_checked
from flex_insights.loading.commit import commit, workspace_path
from flex_insights.loading.landing import EVENT_SCHEMA, REJECT_SCHEMA, Landed, LandingFile, load_of, named
from flex_insights.loading.ledger import read_load
from flex_insights.loading.reasons import UNFILTERABLE

from flex_insights.privacy.register import Register
from flex_insights.privacy.withdrawal import Withdrawal, withdraw

# Takes rows and the number of the first of them; gives new rows, and which of them are lost.
Change = Callable[[pa.Table, int], "tuple[pa.Table, np.ndarray | None]"]


@dataclass
class Rewriting:
    """What has been written aside so far, and what is to be removed.

    `landed` are files of the landing zone; `file_name` says how event files are named from now on;
    `accounts` are those of which something is published that has to go, None if that is all.
    """

    data: Path
    lost_reason: str = UNFILTERABLE
    targets: list[Path] = field(default_factory=list)
    landed: dict[Path, Landed] = field(default_factory=dict)
    file_name: Callable[[str], str] = lambda name: name
    removals: list[Path] = field(default_factory=list)
    lost: list[pa.Table] = field(default_factory=list)
    accounts: set[str] | None = field(default_factory=set)
    rows_changed: int = 0
    rows_removed: int = 0

    @property
    def has_changes(self) -> bool:
        return bool(self.targets or self.landed or self.removals)

    def rewrite(self, path: Path, change: Change) -> None:
        """Writes a Parquet file anew as `change` says, if that makes a difference.

        Rows that are lost go to the rejects, without their text and with `lost_reason`.
        """
        target = path.relative_to(self.data)
        schema = REJECT_SCHEMA if target.parts[0] == "rejected" else EVENT_SCHEMA
        kept, first, is_changed = 0, 0, False
        accounts: set[str] = set()
        writer = LandingFile(workspace_path(self.data, target), schema)
        sources: set[str] = set()
        with pq.ParquetFile(path) as file, writer:
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
                    sources.update(pc.unique(changed["source_file"]).to_pylist())
                    writer.write_table(changed.cast(schema))
        if is_changed and self.accounts is not None:
            self.accounts |= accounts
        if not is_changed:
            workspace_path(self.data, target).unlink()
        elif kept:
            self.landed[target] = Landed(writer.sha256, named(sources))
        else:
            workspace_path(self.data, target).unlink()
            self.removals.append(target)

    def finish(self, register: Register, rebuild: bool) -> Withdrawal:
        """Puts all that was written aside in place, and the register with it.

        With `rebuild` what was made from the landing zone goes in the same commit, if that has
        changed: gives what is withdrawn. If the process ends in between, the next build takes it up.
        """
        if self.lost:
            self._write_lost()
        withdrawal = Withdrawal()
        if rebuild and self.has_changes:
            withdrawal = withdraw(self.data, self.accounts)
        ledger = self._write_ledger()
        targets = [*self.targets, *self.landed, *ledger, register.write(), *withdrawal.targets]
        commit(self.data, targets, [*self.removals, *withdrawal.removals])
        return withdrawal

    def _write_lost(self) -> None:
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
        with LandingFile(workspace_path(self.data, target), REJECT_SCHEMA) as writer:
            writer.write_table(rejects)
        self.landed[target] = Landed(writer.sha256, named(set(rejects["source_file"].to_pylist())))

    def _write_ledger(self) -> list[Path]:
        """Writes what the ledger says of event files and of the landing zone as it is from now on."""
        targets = []
        new = dict(self.landed)
        for path in sorted((self.data / "loads").glob("*.json"), reverse=True):
            load = read_load(path)
            changed = {
                **load,
                "paths": {self.file_name(key): stamp for key, stamp in load["paths"].items()},
                "contents": [
                    content | {key: self.file_name(content[key]) for key in ("path", "source_file")}
                    for content in load["contents"]
                ],
                "landed": self._landed_of(load, new),
            }
            if changed != load:
                target = path.relative_to(self.data)
                write_checked(workspace_path(self.data, target), changed)
                targets.append(target)
        return targets

    def _landed_of(self, load: dict, new: dict[Path, Landed]) -> dict[str, dict | None]:
        """What a file of the ledger says of the landing zone from now on; takes out of `new` what belongs
        there."""
        landed = {}
        for name, held in load["landed"].items():
            if Path(name) not in self.landed and Path(name) not in self.removals:
                if held and held["sources"] is not None:
                    held = held | {"sources": sorted(map(self.file_name, held["sources"]))}
                landed[name] = held
        for path in list(new):
            if str(path) in load["landed"] or load_of(path) == load["load_id"]:
                landed[str(path)] = asdict(new.pop(path))
        return landed


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


def _differing(rows: pa.Table, others: pa.Table) -> int:
    if rows is others:
        return 0
    differing = None
    for name in rows.schema.names:
        unequal = pc.not_equal(rows[name], others[name])
        differing = unequal if differing is None else pc.or_(differing, unequal)
    return pc.sum(differing.cast(pa.int64())).as_py() or 0


