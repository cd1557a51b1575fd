"""Loads event files into the landing zone: `python -m flex_insights.load_events --events … --data …`."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from flex_insights.build_lock import LockedError, only_build_on
from flex_insights.loading.commit import commit, discard, recover, workspace_path
from flex_insights.loading.damage import DamagedFile, some_of
from flex_insights.loading.errors import LoadError
from flex_insights.loading.examine import Examiner, unfilterable, without_text
from flex_insights.loading.files import find_event_files
from flex_insights.loading.growth import without_landed
from flex_insights.loading.hipaa import HipaaFilter
from flex_insights.loading.landing import (
    EVENT_SCHEMA,
    REJECT_SCHEMA,
    Landed,
    Landing,
    last_load_id,
    load_of,
    rejects_without,
    write_empty,
)
from flex_insights.loading.ledger import FILES_BEFORE_MERGE, Content, Ledger, begins_with
from flex_insights.loading.prefetch import prefetched
from flex_insights.loading.reading import Reader, Source
from flex_insights.loading.streams import EventStream
from flex_insights.privacy.arrivals import erase_arrivals
from flex_insights.privacy.register import Register
from flex_insights.progress import Progress

__all__ = ["LoadError", "LoadReport", "load_events"]

MB = 1_000_000
# Made from all of the landing zone.
BUILT = ("flex_insights.duckdb", "flex_insights.duckdb.wal")
STOPPED = "The load stopped: {}. Run it again when that is mended."


@dataclass
class LoadReport:
    """What a load did. `load_id` and `loaded_at` (UTC) are None if there was nothing new.

    `files` counts all that EVENTS names, `files_skipped` those whose content was there
    already, `rejects_withdrawn` the provisional rejects of files that have grown since.
    `reloaded` names event files that were loaded again because the landing zone was damaged, `lost`
    those that were not there: they are loaded when they come back.
    """

    files: int = 0
    files_skipped: int = 0
    events: int = 0
    rejected: int = 0
    rejects_withdrawn: int = 0
    load_id: int | None = None
    loaded_at: datetime | None = None
    reloaded: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def load_events(
    events: str,
    data: Path,
    hipaa_accounts: str | Iterable[str] = "",
    progress: Callable[[str], None] | None = None,
    damaged: Collection[DamagedFile] = (),
) -> LoadReport:
    """Loads what is new in the files that `events` names into the landing zone under `data`.

    `hipaa_accounts` are AccountSids, or 'all': of their events only what the allow-list names
    is kept, and of rejects no text at all as soon as there is one such account. Accounts that were
    redacted are among them, and what comes of erased customers is erased again. `progress` is
    called with a line of text now and then. In place of `damaged` files their event files are loaded
    again, and what was built goes. Nothing appears under `data` until all of it is on
    the disk. The caller keeps others from loading at the same time. Raises LoadError if
    `events` names nothing readable, and OSError, for instance if the disk is full.
    """
    data = Path(data)
    data.mkdir(parents=True, exist_ok=True)
    recover(data)
    tell = progress or (lambda text: None)
    try:
        hipaa = HipaaFilter(_accounts(hipaa_accounts) | Register(data).redacted)
        report = _Load(data, hipaa, tell).run(events, damaged)
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
        self._paths: set[str] = set()

    def run(self, events: str, damaged: Collection[DamagedFile]) -> LoadReport:
        files = find_event_files(events, self._data)
        self._paths = {file.path for file in files}
        forgotten = self._forget(damaged)
        changed = [file for file in files if not self._ledger.has_read(file)]
        self._report.files = len(files)
        self._report.files_skipped = len(files) - len(changed)
        sources = [Source(number, file) for number, file in enumerate(changed)]
        landed, removals = self._land(sources)
        for source in sources:
            self._ledger.remember_file(source.file)
        if damaged:
            self._check_loaded_again(forgotten)
            removals += [file.path for file in damaged]
            removals += self._files_loaded_again(forgotten)
        for schema in (EVENT_SCHEMA, REJECT_SCHEMA):
            landed |= write_empty(self._data, schema, removals)
        if landed or sources or damaged:
            self._ledger.remember_landed(landed, removals)
            ledger = self._write_ledger(removals, is_whole=bool(damaged))
            removals += [Path(name) for name in BUILT if damaged]
            commit(self._data, [*landed, ledger], removals)
        return self._report

    def _forget(self, damaged: Collection[DamagedFile]) -> dict[DamagedFile, list[Content]]:
        """Makes the ledger load the event files of damaged files again; gives their contents."""
        contents = {file: self._ledger.contents_of(file.load_id, file.sources) for file in damaged}
        if damaged:
            self._ledger.forget_contents(itertools.chain.from_iterable(contents.values()))
        return contents

    def _files_loaded_again(self, forgotten: dict[DamagedFile, list[Content]]) -> list[Path]:
        """Files of the landing zone of which all events are loaded again."""
        loads = {content.load_id for contents in forgotten.values() for content in contents}
        return [
            path for path in self._ledger.landed
            if load_of(path) in loads and self._ledger.is_without_content(path)
        ]

    def _check_loaded_again(self, forgotten: dict[DamagedFile, list[Content]]) -> None:
        """Raises LoadError if events of a damaged file would be lost. Those of a file that is missing are
        lost already."""
        again, absent = set(), set()
        for file, contents in forgotten.items():
            lost = {c.source_file for c in contents if not self._is_loaded_again(c)}
            if not contents:
                lost.update(file.sources or ())
            if (lost or not contents) and file.sources != () and not file.is_missing:
                raise LoadError(_cannot_be_loaded_again(self._data / file.path, sorted(lost)))
            again |= {c.source_file for c in contents} - lost
            absent |= lost
        self._report.reloaded, self._report.lost = sorted(again - absent), sorted(absent)

    def _is_loaded_again(self, content: Content) -> bool:
        """Whether a content has come again, perhaps as the beginning of a file that has grown."""
        if self._ledger.holds(content):
            return True
        if content.path not in self._paths:
            return False
        with EventStream(content.path) as stream:
            return begins_with(stream, content)

    def _land(self, sources: list[Source]) -> tuple[dict[Path, Landed], list[Path]]:
        """Writes events and rejects aside; gives files to put in place and to remove."""
        if not sources:
            return {}, []
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
        rewritten, removals = self._withdraw_rejects(sources)
        return landing.files | rewritten, removals

    def _protect(self, events: pa.Table, rejects: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Takes out what accounts under HIPAA must not leave on the disk."""
        if not self._hipaa.is_on:
            return events, rejects
        events, is_lost = self._hipaa.filter(events)
        lost = unfilterable(events.filter(pa.array(is_lost)))
        rejects = without_text(pa.concat_tables([rejects, lost]))
        return events.filter(pa.array(~is_lost)), rejects

    def _withdraw_rejects(self, sources: list[Source]) -> tuple[dict[Path, Landed], list[Path]]:
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

    def _write_ledger(self, removals: list[Path], is_whole: bool) -> Path:
        target = Path("loads", f"{self._load_id:08d}.json")
        is_whole = is_whole or len(self._ledger.files) >= FILES_BEFORE_MERGE
        if is_whole:
            removals += [file.relative_to(self._data) for file in self._ledger.files]
        path = workspace_path(self._data, target)
        self._ledger.write(path, self._load_id, self._loaded_at, is_whole)
        return target

    def _tell(self, done: int, total: int) -> None:
        counts = f"{self._report.events:,} events, {self._report.rejected:,} rejected"
        self._progress(f"Loading: {done / MB:,.0f} of {total / MB:,.0f} MB, {counts}")


def _cannot_be_loaded_again(path: Path, sources: list[str]) -> str:
    held = "nothing tells which event files it came of"
    if sources:
        held = f"it held events of {some_of(sources)}, which EVENTS does not name as they were"
    return (
        f"{path} is damaged, and {held}: put the event files back and run make build again, or remove "
        "the damaged file to go on without its events."
    )


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
