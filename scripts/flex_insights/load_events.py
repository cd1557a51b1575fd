"""Loads event files into the landing zone: `python -m flex_insights.load_events --events … --data …`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from flex_insights.build_lock import LockedError, only_build_on
from flex_insights.loading.commit import commit, discard, recover, workspace_path
from flex_insights.loading.errors import LoadError
from flex_insights.loading.examine import Examiner, unfilterable, without_text
from flex_insights.loading.files import find_event_files
from flex_insights.loading.growth import without_landed
from flex_insights.loading.hipaa import HipaaFilter
from flex_insights.loading.landing import (
    EVENT_SCHEMA,
    REJECT_SCHEMA,
    Landing,
    last_load_id,
    rejects_without,
    write_empty,
)
from flex_insights.loading.ledger import FILES_BEFORE_MERGE, Ledger
from flex_insights.loading.prefetch import prefetched
from flex_insights.loading.reading import Reader, Source
from flex_insights.privacy.arrivals import erase_arrivals
from flex_insights.privacy.take_out import take_out_arrivals
from flex_insights.privacy.register import Register
from flex_insights.progress import Progress

__all__ = ["LoadError", "LoadReport", "load_events"]

MB = 1_000_000
STOPPED = "The load stopped: {}. Run it again when that is mended."


@dataclass
class LoadReport:
    """What a load did. `load_id` and `loaded_at` (UTC) are None if there was nothing new.

    `files` counts all that EVENTS names, `files_skipped` those whose content was there
    already, `rejects_withdrawn` the provisional rejects of files that have grown since.
    """

    files: int = 0
    files_skipped: int = 0
    events: int = 0
    rejected: int = 0
    rejects_withdrawn: int = 0
    load_id: int | None = None
    loaded_at: datetime | None = None


def load_events(
    events: str,
    data: Path,
    hipaa_accounts: str | Iterable[str] = "",
    progress: Callable[[str], None] | None = None,
) -> LoadReport:
    """Loads what is new in the files that `events` names into the landing zone under `data`.

    `hipaa_accounts` are AccountSids, or 'all': of their events only what the allow-list names
    is kept, and of rejects no text at all as soon as there is one such account. Accounts that were
    redacted are among them, and what comes of erased customers is erased again. `progress` is
    called with a line of text now and then. Nothing appears under `data` until all of it is on
    the disk. The caller keeps others from loading at the same time. Raises LoadError if
    `events` names nothing readable, and OSError, for instance if the disk is full.
    """
    data = Path(data)
    data.mkdir(parents=True, exist_ok=True)
    recover(data)
    tell = progress or (lambda text: None)
    try:
        hipaa = HipaaFilter(_accounts(hipaa_accounts) | Register(data).redacted)
        report = _Load(data, hipaa, tell).run(events)
        take_out_arrivals(data, tell)
        erase_arrivals(data, tell)
        return report
    finally:
        discard(data)


def _accounts(accounts: str | Iterable[str]) -> set[str]:
    return set(accounts.split(",") if isinstance(accounts, str) else accounts)


class _Load:
    """One run of the loader."""

    def __init__(self, data: Path, hipaa: HipaaFilter, progress: Callable[[str], None]):
        self._data, self._hipaa, self._progress = data, hipaa, progress
        self._ledger = Ledger(data / "loads")
        self._load_id = (self._ledger.last_load_id or last_load_id(data)) + 1
        self._loaded_at = self._ledger.next_loaded_at()
        self._report = LoadReport()

    def run(self, events: str) -> LoadReport:
        files = find_event_files(events, self._data)
        changed = [file for file in files if not self._ledger.has_read(file)]
        self._report.files = len(files)
        self._report.files_skipped = len(files) - len(changed)
        sources = [Source(number, file) for number, file in enumerate(changed)]
        targets, removals = self._land(sources)
        for source in sources:
            self._ledger.remember_file(source.file)
        if sources:
            targets.append(self._write_ledger(removals))
        targets += filter(None, (write_empty(self._data, s) for s in (EVENT_SCHEMA, REJECT_SCHEMA)))
        if targets:
            commit(self._data, targets, removals)
        return self._report

    def _land(self, sources: list[Source]) -> tuple[list[Path], list[Path]]:
        """Writes events and rejects aside; gives files to put in place and to remove."""
        if not sources:
            return [], []
        landing = Landing(self._data, self._load_id, self._loaded_at)
        names = pa.array([source.file.name for source in sources])
        total = sum(source.file.size for source in sources)
        reader = Reader(sources, self._ledger, self._load_id)
        examiner = Examiner()
        try:
            for batch in prefetched(reader.batches()):
                events, rejects = examiner.examine(batch)
                events = without_landed(events, batch, sources)
                events, rejects = self._protect(events, rejects)
                landing.add_events(_named(events, names))
                landing.add_rejects(_named(rejects, names))
                self._report.events += len(events)
                self._report.rejected += len(rejects)
                self._tell(reader.bytes_read, total)
            landing.close()
        except BaseException:
            landing.abandon()
            raise
        finally:
            examiner.close()
        self._report.files_skipped += sum(source.is_known for source in sources)
        if landing.files:
            self._report.load_id, self._report.loaded_at = self._load_id, self._loaded_at
        targets, removals = self._withdraw_rejects(sources)
        return landing.files + targets, removals

    def _protect(self, events: pa.Table, rejects: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Takes out what accounts under HIPAA must not leave on the disk."""
        if not self._hipaa.is_on:
            return events, rejects
        events, is_lost = self._hipaa.filter(events)
        lost = unfilterable(events.filter(pa.array(is_lost)))
        rejects = without_text(pa.concat_tables([rejects, lost]))
        return events.filter(pa.array(~is_lost)), rejects

    def _withdraw_rejects(self, sources: list[Source]) -> tuple[list[Path], list[Path]]:
        """Takes back what was rejected at the end of files that have grown since.

        A file that is still there as it was, while another begins with its content, keeps
        its rejects.
        """
        withdrawn = [
            (old.load_id, old.source_file, old.resume_line)
            for source in sources
            if (old := source.grown_from)
            and (old.path == source.file.path or not os.path.exists(old.path))
        ]
        targets, removals, count = rejects_without(self._data, withdrawn)
        self._report.rejects_withdrawn = count
        return targets, removals

    def _write_ledger(self, removals: list[Path]) -> Path:
        target = Path("loads", f"{self._load_id:08d}.json")
        is_whole = len(self._ledger.files) >= FILES_BEFORE_MERGE
        if is_whole:
            removals += [file.relative_to(self._data) for file in self._ledger.files]
        path = workspace_path(self._data, target)
        self._ledger.write(path, self._load_id, self._loaded_at, is_whole)
        return target

    def _tell(self, done: int, total: int) -> None:
        counts = f"{self._report.events:,} events, {self._report.rejected:,} rejected"
        self._progress(f"Loading: {done / MB:,.0f} of {total / MB:,.0f} MB, {counts}")


def _named(rows: pa.Table, names: pa.Array) -> pa.Table:
    """Rows with the names of their files in place of the numbers."""
    numbers = rows["file"].combine_chunks().cast(pa.int32())
    place = rows.schema.get_field_index("file")
    return rows.set_column(place, "source_file", pa.DictionaryArray.from_arrays(numbers, names))


def main() -> int:
    parser = argparse.ArgumentParser(description="Loads event files into the landing zone.")
    parser.add_argument(
        "--events", default=os.environ.get("EVENTS", ""), help="file, folder or glob"
    )
    parser.add_argument("--data", default=os.environ.get("DATA", "data"), help="where to write")
    parser.add_argument("--hipaa-accounts", default=os.environ.get("HIPAA_ACCOUNTS", ""))
    arguments = parser.parse_args()
    progress = Progress()
    try:
        with only_build_on(Path(arguments.data)):
            report = load_events(
                arguments.events, Path(arguments.data), arguments.hipaa_accounts, progress
            )
    except (LoadError, LockedError, OSError, duckdb.Error) as error:
        progress.done()
        known = isinstance(error, (LoadError, LockedError))
        print(error if known else STOPPED.format(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing was loaded.", file=sys.stderr)
        return 130
    progress.done()
    print(
        f"{report.files:,} files ({report.files_skipped:,} with nothing new), "
        f"{report.events:,} events, {report.rejected:,} rejected"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
