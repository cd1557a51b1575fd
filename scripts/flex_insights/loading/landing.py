"""Writes Parquet files: events by account into the landing zone, and rejects."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flex_insights.loading.commit import workspace_path

EVENT_SCHEMA = pa.schema(
    [
        ("landing_id", pa.int64()),
        ("account_sid", pa.string()),
        ("event", pa.string()),
        ("form", pa.string()),
        ("source_file", pa.string()),
        ("position", pa.int64()),
        ("element", pa.int64()),
        ("load_id", pa.int64()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
REJECT_SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("source_file", pa.string()),
        ("position", pa.int64()),
        ("reason", pa.string()),
        ("load_id", pa.int64()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
UNIQUE_TEXTS = ("event", "text")
NUMBERS = ("landing_id", "position", "element")

ROW_GROUP_BYTES = 64 << 20
WAITING_BYTES = 192 << 20
OPEN_FILES = 100
# No load can have more rows than this; landing_id starts at load_id times this number.
ROWS_OF_A_LOAD = 10**10
# Level 1 compresses the repetitive JSON nearly as well as level 3, in half the time.
COMPRESSION_LEVEL = 1


def raw_folder(account: str) -> Path:
    """The partition of an account; the name is safe whatever the account is."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", account)[:64]
    if safe != account:
        # Accounts may differ in replaced characters only.
        safe += "-" + hashlib.sha256(account.encode()).hexdigest()[:12]
    return Path("raw", f"account_sid={safe}")


def empty_file(schema: pa.Schema) -> Path:
    """The file without rows that keeps globs from failing."""
    if schema is REJECT_SCHEMA:
        return Path("rejected", "empty.parquet")
    return raw_folder("unknown") / "empty.parquet"


class Landing:
    """Where a load's events and rejects go; `files` are the targets written so far."""

    def __init__(self, data: Path, load_id: int, loaded_at: datetime):
        self._events = _Sink(data, EVENT_SCHEMA, load_id, loaded_at)
        self._rejects = _Sink(data, REJECT_SCHEMA, load_id, loaded_at)

    @property
    def files(self) -> list[Path]:
        return self._events.files + self._rejects.files

    def add_events(self, events: pa.Table) -> None:
        """Takes events with all columns but landing_id, load_id and loaded_at."""
        if pc.count_distinct(events["account_sid"]).as_py() > 1:
            events = events.take(pc.sort_indices(events["account_sid"]))
        start = 0
        for account, count in _counts(events["account_sid"]):
            self._events.add(raw_folder(account), events.slice(start, count))
            start += count

    def add_rejects(self, rejects: pa.Table) -> None:
        """Takes rejects with all columns but load_id and loaded_at."""
        if len(rejects):
            self._rejects.add(Path("rejected"), rejects)

    def close(self) -> None:
        self._events.close()
        self._rejects.close()

    def abandon(self) -> None:
        self._events.abandon()
        self._rejects.abandon()


def _counts(values: pa.ChunkedArray) -> list[tuple[str, int]]:
    """Each value with its number of occurrences, in order of first occurrence."""
    return [(c["values"], c["counts"]) for c in pc.value_counts(values).to_pylist()]


class _Sink:
    """Collects rows by folder into row groups, and writes them in a thread of its own.

    Not much more than WAITING_BYTES are waiting at any time.
    """

    def __init__(self, data: Path, schema: pa.Schema, load_id: int, loaded_at: datetime):
        self.files: list[Path] = []
        self._data, self._schema = data, schema
        self._load_id = load_id
        self._landed = 0
        self._loaded_at = pa.scalar(loaded_at.replace(tzinfo=None), pa.timestamp("us"))
        self._waiting: dict[Path, list[pa.Table]] = {}
        self._waiting_bytes: dict[Path, int] = {}
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future | None = None

    def add(self, folder: Path, rows: pa.Table) -> None:
        self._waiting.setdefault(folder, []).append(rows)
        size = self._waiting_bytes.get(folder, 0) + rows.nbytes
        self._waiting_bytes[folder] = size
        if size >= ROW_GROUP_BYTES:
            self._flush([folder])
        elif sum(self._waiting_bytes.values()) > WAITING_BYTES:
            self._flush(list(self._waiting))

    def close(self) -> None:
        self._flush(list(self._waiting))
        self._wait()
        self._close_writers()
        self._thread.shutdown()

    def abandon(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        for writer in self._writers.values():
            try:
                writer.close()
            except OSError:
                pass

    def _flush(self, folders: list[Path]) -> None:
        self._wait()
        groups = [(folder, self._waiting.pop(folder)) for folder in folders]
        for folder in folders:
            del self._waiting_bytes[folder]
        self._writing = self._thread.submit(self._write, groups)

    def _wait(self) -> None:
        if self._writing:
            self._writing.result()
            self._writing = None

    def _write(self, groups: list[tuple[Path, list[pa.Table]]]) -> None:
        for folder, tables in groups:
            if folder not in self._writers:
                if len(self._writers) >= OPEN_FILES:
                    self._close_writers()
                self._writers[folder] = self._open(folder)
            rows = pa.concat_tables(tables)
            first = self._load_id * ROWS_OF_A_LOAD + self._landed
            self._landed += len(rows)
            stamps = {
                "landing_id": pa.array(np.arange(first, first + len(rows))),
                "load_id": pa.repeat(pa.scalar(self._load_id, pa.int64()), len(rows)),
                "loaded_at": pa.repeat(self._loaded_at, len(rows)),
            }
            for name, values in stamps.items():
                rows = rows.append_column(name, values)
            rows = rows.select(self._schema.names).cast(self._schema)
            self._writers[folder].write_table(rows, row_group_size=len(rows))

    def _open(self, folder: Path) -> pq.ParquetWriter:
        target = folder / f"{self._load_id:08d}-{len(self.files)}.parquet"
        self.files.append(target)
        return open_parquet(workspace_path(self._data, target), self._schema)

    def _close_writers(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


def open_parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with the settings of the landing zone."""
    repetitive = [name for name in schema.names if name not in UNIQUE_TEXTS]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=[n for n in repetitive if n not in NUMBERS],
        write_statistics=repetitive,
        store_schema=False,
    )


def write_empty(data: Path, schema: pa.Schema) -> Path | None:
    """Writes the file without rows if it is missing; gives its target."""
    target = empty_file(schema)
    if (data / target).exists():
        return None
    open_parquet(workspace_path(data, target), schema).close()
    return target


def last_load_id(data: Path) -> int:
    """The highest load number in file names, 0 if there are none."""
    names = [path.name.split("-")[0] for path in data.glob("raw/*/*-*.parquet")]
    return max((int(name) for name in names if name.isdigit()), default=0)
