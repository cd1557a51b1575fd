"""What earlier loads have kept, and what becomes of it when more is read.

Rejects at the end of a file are withdrawn when it has grown. And what an earlier version rejected,
or landed without account or ids, is read again once: texts from `rejected/` and `raw/`; where a
reject has no text, or a file gave nothing but rejects, the file, as soon as EVENTS names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flex_insights.loading import reasons, streams
from flex_insights.loading.batches import BatchBuilder
from flex_insights.loading.commit import workspace_path
from flex_insights.loading.examine import EVENT_COLUMNS, REJECT_COLUMNS, Examiner
from flex_insights.loading.landing import EVENT_SCHEMA, REJECT_SCHEMA, Landed, LandingFile, load_of, named
from flex_insights.loading.ledger import Ledger
from flex_insights.loading.recognise import UNKNOWN_ACCOUNT

# Made from the landing zone; without it the next build makes everything again.
DATABASE = (Path("flex_insights.duckdb"), Path("flex_insights.duckdb.wal"))
# Rejects that stand for what is missing at the end of a file, whatever version reads it.
OF_DAMAGE = {streams.CUT_OFF, streams.WRONG_CHECKSUM, streams.BROKEN, reasons.DAMAGED_TABLE}

# Lands events and rejects as the examiner gives them, and the names of their files.
Land = Callable[[pa.Table, pa.Table, pa.Array], None]


class Withdrawn(NamedTuple):
    """Rejects that count no longer: of a load and a file, from a position on."""

    load_id: int
    source_file: str
    position: int


class Kept:
    """The landing zone as earlier loads have left it, and what is written in place of it.

    `positions` has the files that have to be read again, and which positions in them: None means
    all. `landed` are files that are written anew, `removals` those of which nothing is left. `damaged`
    files (relative to `data`) are passed over.
    """

    def __init__(self, data: Path, ledger: Ledger, damaged: Collection[Path] = ()):
        self._data, self._read_since = data, ledger.read_since
        self.is_of_earlier_version = ledger.is_of_earlier_version
        self._damaged = {data / path for path in damaged}
        self._rejects = self._files_of_loads("rejected")
        landed = {content.source_file for content in ledger.contents if content.events}
        self.positions = _to_read_again(filter(self._is_old, self._rejects), landed)
        self.events_recovered = 0
        self.rejects_withdrawn = 0
        self.landed: dict[Path, Landed] = {}
        self.removals: list[Path] = []

    def read_rejects(
        self,
        withdrawn: list[Withdrawn],
        read_again: Collection[str],
        examiner: Examiner,
        land: Land,
    ) -> None:
        """Drops withdrawn rejects, and those of files that have been read again; lands what the
        texts of the others hold, if an earlier version rejected them."""
        for path in self._rejects:
            of_load = [w for w in withdrawn if w.load_id == load_of(path)]
            if not of_load and not self._is_old(path):
                continue
            kept = []
            for rows in _row_groups(path, REJECT_SCHEMA):
                still_there = _without(rows, of_load)
                self.rejects_withdrawn += len(rows) - len(still_there)
                if self._is_old(path):
                    still_there = self._read(still_there, read_again, examiner, land)
                kept.append(still_there)
            self._replace(path, REJECT_SCHEMA, kept)

    def read_events(self, examiner: Examiner, land: Land) -> None:
        """Moves events that do not name what they must to the rejects, others to their account."""
        for path in self._files_of_loads("raw") if self.is_of_earlier_version else ():
            kept = [_in_place(rows, examiner, land) for rows in _row_groups(path, EVENT_SCHEMA)]
            if self._replace(path, EVENT_SCHEMA, kept):
                self.removals += [path for path in DATABASE if path not in self.removals]

    def _is_old(self, path: Path) -> bool:
        return load_of(path) < self._read_since

    def _read(
        self, rejects: pa.Table, read_again: Collection[str], examiner: Examiner, land: Land
    ) -> pa.Table:
        """Lands what the texts of rejects hold; gives the rejects that hold nothing."""
        is_read_again = pc.is_in(rejects["source_file"], pa.array(read_again, pa.string()))
        rejects = rejects.filter(pc.invert(is_read_again))
        if not self.is_of_earlier_version or not len(rejects):
            return rejects
        names = rejects["source_file"].unique()
        is_found = np.zeros(len(rejects), bool)
        builder = BatchBuilder()
        for row, text in enumerate(rejects["text"].to_pylist()):
            if text:
                builder.add_line(0, text.encode("utf-8", "surrogatepass"), row)
            if not builder.is_full and row < len(rejects) - 1:
                continue
            # Positions are rows of the table here.
            events, others = examiner.examine(builder.build())
            is_found[events["position"].to_numpy()] = True
            others = others.filter(pa.array(is_found[others["position"].to_numpy()]))
            land(_placed(events, rejects, names), _placed(others, rejects, names), names)
            self.events_recovered += len(events)
        return rejects.filter(pa.array(~is_found))

    def _replace(self, path: Path, schema: pa.Schema, kept: list[pa.Table]) -> bool:
        """Writes a file anew with the rows that are kept, if they are not all."""
        target, rows = path.relative_to(self._data), sum(map(len, kept))
        if rows == pq.read_metadata(path).num_rows:
            return False
        if not rows:
            self.removals.append(target)
            return True
        sources: set[str] = set()
        with LandingFile(workspace_path(self._data, target), schema) as file:
            for group in filter(len, kept):
                file.write_table(group)
                sources.update(group["source_file"].unique().to_pylist())
        self.landed[target] = Landed(file.sha256, named(sources))
        return True

    def _files_of_loads(self, folder: str) -> list[Path]:
        """All but those without rows."""
        paths = sorted((self._data / folder).rglob("*.parquet"))
        return [path for path in paths if load_of(path) and path not in self._damaged]


def _to_read_again(
    paths: Iterable[Path], landed: Collection[str]
) -> dict[str, set[int] | None]:
    positions: dict[str, set[int]] = defaultdict(set)
    columns = ["text", "source_file", "position", "reason"]
    for path in paths:
        for row in pq.read_table(path, columns=columns).to_pylist():
            is_in_its_text = row["text"] and row["source_file"] in landed
            if not is_in_its_text and row["reason"] not in OF_DAMAGE:
                positions[row["source_file"]].add(row["position"])
    return {name: found if name in landed else None for name, found in positions.items()}


def _without(rejects: pa.Table, withdrawn: list[Withdrawn]) -> pa.Table:
    for _, source_file, position in withdrawn:
        is_withdrawn = pc.and_(
            pc.equal(rejects["source_file"], source_file),
            pc.greater_equal(rejects["position"], position),
        )
        rejects = rejects.filter(pc.invert(is_withdrawn))
    return rejects


def _placed(found: pa.Table, rejects: pa.Table, names: pa.Array) -> pa.Table:
    """What was found, with file and position of the reject in place of its row."""
    of_reject = rejects.take(found["position"].combine_chunks())
    files = pc.index_in(of_reject["source_file"], names).cast(pa.int64())
    for name, column in (("file", files), ("position", of_reject["position"])):
        found = found.set_column(found.schema.get_field_index(name), name, column)
    return found


def _in_place(rows: pa.Table, examiner: Examiner, land: Land) -> pa.Table:
    """Lands anew what does not belong where it is; gives the other rows."""
    found = examiner.recogniser.recognise(rows["event"], are_whole=True)
    lacks = found.claims_to_be_event
    was_unknown = pc.equal(rows["account_sid"], UNKNOWN_ACCOUNT).to_numpy()
    is_known = pc.not_equal(found.accounts, UNKNOWN_ACCOUNT).fill_null(False).to_numpy(False)
    moves = found.is_event & was_unknown & is_known
    if not (lacks | moves).any():
        return rows
    names = rows["source_file"].unique()
    columns = {name: rows[name] for name in rows.schema.names}
    columns["file"] = pc.index_in(rows["source_file"], names).cast(pa.int64())
    events = pa.table(columns | {"account_sid": found.accounts})
    rejects = pa.table(columns | {"text": rows["event"], "reason": found.reasons})
    land(
        events.filter(pa.array(moves)).select(EVENT_COLUMNS.names),
        rejects.filter(pa.array(lacks)).select(REJECT_COLUMNS.names),
        names,
    )
    return rows.filter(pa.array(~(lacks | moves)))


def _row_groups(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group).cast(schema)
