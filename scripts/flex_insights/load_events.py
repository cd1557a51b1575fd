"""Loads event files into the landing zone."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from flex_insights.inbox import NAME as INBOX
from flex_insights.inbox import inbox_files, is_in_use, remove_landed
from flex_insights.loading.commit import commit, discard, recover, workspace_path
from flex_insights.loading.damage import DamagedFile, some_of
from flex_insights.loading.errors import LoadError
from flex_insights.loading.examine import Examiner, unfilterable, without_text
from flex_insights.loading.files import EventFile, find_event_files
from flex_insights.loading.growth import without_landed
from flex_insights.loading.hipaa import HipaaFilter
from flex_insights.loading.kept import DATABASE, Kept, Withdrawn
from flex_insights.loading.landing import (
    EVENT_SCHEMA,
    REJECT_SCHEMA,
    Landed,
    Landing,
    last_load_id,
    load_of,
    write_empty,
)
from flex_insights.loading.ledger import FILES_BEFORE_MERGE, Content, Ledger, begins_with
from flex_insights.loading.prefetch import prefetched
from flex_insights.loading.reading import Reader, Source
from flex_insights.loading.streams import open_stream
from flex_insights.privacy.arrivals import erase_arrivals
from flex_insights.privacy.take_out import take_out_arrivals
from flex_insights.privacy.register import Register

__all__ = ["LoadError", "LoadReport", "load_events"]

MB = 1_000_000


@dataclass
class LoadReport:
    """What a load did. `load_id` and `loaded_at` (UTC) are None if there was nothing new.

    `files` counts all that EVENTS names, `files_skipped` those whose content had been loaded before,
    `rejects_withdrawn` the provisional rejects of files that have grown since.
    `events_recovered` are those of the events that an earlier version rejected; files of which it
    rejected something without keeping the text, and which are gone, are `to_load_again`.
    `reloaded` names event files that were loaded again because the landing zone was damaged, `lost`
    those that were not there: they are loaded when they come back.
    """

    files: int = 0
    files_skipped: int = 0
    events: int = 0
    rejected: int = 0
    rejects_withdrawn: int = 0
    events_recovered: int = 0
    to_load_again: list[str] = field(default_factory=list)
    is_landing_zone_empty: bool = False
    load_id: int | None = None
    loaded_at: datetime | None = None
    reloaded: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def is_all_rejected(self) -> bool:
        """Whether there was something new, and nothing of it was an event."""
        return self.rejected > 0 and not self.events


def load_events(
    events: str,
    data: Path,
    hipaa_accounts: str | Iterable[str] = "",
    progress: Callable[[str], None] | None = None,
    damaged: Collection[DamagedFile] = (),
) -> LoadReport:
    """Loads what is new in the files that `events` names into the landing zone under `data`.

    The inbox is always read too, and its files are removed once they have landed; `events` may then be ''.
    `hipaa_accounts` are AccountSids, or 'all': only what the allow-list names is kept of their
    events, and if there is any such account, no reject keeps its text. Redacted accounts count as
    HIPAA accounts, and new events of erased customers are erased too. `progress` is called with a
    line of text now and then. In place of `damaged` files, their event files are loaded again, and the
    database is removed. Nothing appears under `data` before all of it is on the disk. The
    caller makes sure that no other process loads at the same time. Raises LoadError if `events` names
    nothing readable, and OSError, for instance if the disk is full.
    """
    data = Path(data)
    data.mkdir(parents=True, exist_ok=True)
    recover(data)
    tell = progress or (lambda text: None)
    try:
        hipaa = HipaaFilter(_accounts(hipaa_accounts) | Register(data).redacted)
        report = _Load(data, hipaa, tell).run(events, damaged)
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
        self._paths: set[str] = set()

    def run(self, events: str, damaged: Collection[DamagedFile]) -> LoadReport:
        files = self._files(events)
        self._paths = {file.path for file in files}
        forgotten = self._forget(damaged)
        kept = Kept(self._data, self._ledger, {file.path for file in damaged})
        changed = [
            file
            for file in files
            if file.name in kept.positions or not self._ledger.has_read(file)
        ]
        self._report.files = len(files)
        self._report.files_skipped = len(files) - len(changed)
        sources = [
            Source(number, file, read_again=file.name if self._ledger.has_read(file) else None)
            for number, file in enumerate(changed)
        ]
        landed, removals = self._land(sources, kept)
        for file in changed:
            self._ledger.remember_file(file)
        if damaged:
            self._check_loaded_again(forgotten)
            removals += [file.path for file in damaged]
            removals += self._files_loaded_again(forgotten)
            removals += [path for path in DATABASE if path not in removals]
            landed = {path: file for path, file in landed.items() if path not in removals}
        for schema in (EVENT_SCHEMA, REJECT_SCHEMA):
            landed |= write_empty(self._data, schema, removals)
        if landed or sources or damaged or kept.is_of_earlier_version:
            self._ledger.remember_landed(landed, removals)
            ledger = self._write_ledger(removals, is_whole=bool(damaged))
            commit(self._data, [*landed, ledger], removals)
        self._report.is_landing_zone_empty = last_load_id(self._data) == 0
        remove_landed(self._data, self._has_landed)
        return self._report

    def _files(self, events: str) -> list[EventFile]:
        """The files that `events` names, and those of the inbox."""
        only_inbox = not events.strip() and is_in_use(self._data)
        files = [] if only_inbox else find_event_files(events, self._data)
        if inbox_files(self._data):
            known = {file.path for file in files}
            inbox = find_event_files(str(self._data / INBOX), self._data)
            files += [file for file in inbox if file.path not in known]
        return files

    def _has_landed(self, path: Path) -> bool:
        (file,) = find_event_files(str(path), self._data)
        return self._ledger.has_read(file)

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
        with open_stream(lambda: open(content.path, "rb")) as stream:
            return begins_with(stream, content)

    def _land(
        self, sources: list[Source], kept: Kept
    ) -> tuple[dict[Path, Landed], list[Path]]:
        """Writes events and rejects to temporary files; returns files to put in place and to remove."""
        self._report.to_load_again = sorted(kept.positions)
        if not sources and not kept.is_of_earlier_version:
            return {}, []
        landing = Landing(self._data, self._load_id, self._loaded_at)
        total = sum(source.file.size for source in sources)
        reader = Reader(sources, self._ledger, self._load_id, kept.positions)
        examiner = Examiner()
        try:
            for batch in prefetched(reader.batches()):
                events, rejects = examiner.examine(batch)
                events = without_landed(events, batch, sources)
                events = _only_at(events, sources, kept.positions)
                # Files in archives are added to the sources while they are read.
                names = pa.array([source.file.name for source in sources], pa.string())
                self._add(landing, events, rejects, names)
                self._tell(reader.bytes_read, total)
            self._look_at_kept(kept, sources, examiner, landing)
            landing.close()
        except BaseException:
            landing.abandon()
            raise
        finally:
            examiner.close()
        self._report.files_skipped += sum(s.is_known for s in sources if not s.open_member)
        if landing.files:
            self._report.load_id, self._report.loaded_at = self._load_id, self._loaded_at
        return landing.files | kept.landed, kept.removals

    def _add(
        self, landing: Landing, events: pa.Table, rejects: pa.Table, names: pa.Array
    ) -> None:
        events, rejects = self._protect(events, rejects)
        landing.add_events(_named(events, names))
        landing.add_rejects(_named(rejects, names))
        self._report.events += len(events)
        self._report.rejected += len(rejects)

    def _look_at_kept(
        self, kept: Kept, sources: list[Source], examiner: Examiner, landing: Landing
    ) -> None:
        """Takes back provisional rejects, and reads again what earlier versions have left."""
        if kept.is_of_earlier_version:
            self._progress("Reading again what an earlier version could not use")
        read_again = {source.read_again for source in sources if source.read_again}
        land = partial(self._add, landing)
        kept.read_rejects(_withdrawn(sources), read_again, examiner, land)
        kept.read_events(examiner, land)
        self._report.to_load_again = sorted(kept.positions.keys() - read_again)
        self._report.events_recovered = kept.events_recovered
        self._report.rejects_withdrawn = kept.rejects_withdrawn

    def _protect(self, events: pa.Table, rejects: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Removes what must not be written of HIPAA accounts."""
        if not self._hipaa.is_on:
            return events, rejects
        events, is_lost = self._hipaa.filter(events)
        lost = unfilterable(events.filter(pa.array(is_lost)))
        rejects = without_text(pa.concat_tables([rejects, lost]))
        return events.filter(pa.array(~is_lost)), rejects

    def _write_ledger(self, removals: list[Path], is_whole: bool) -> Path:
        target = Path("loads", f"{self._load_id:08d}.json")
        is_whole = is_whole or len(self._ledger.files) >= FILES_BEFORE_MERGE
        if is_whole:
            self._ledger.forget_removed(self._data / INBOX)
            removals += [file.relative_to(self._data) for file in self._ledger.files]
        path = workspace_path(self._data, target)
        self._ledger.write(path, self._load_id, self._loaded_at, is_whole)
        return target

    def _tell(self, done: int, total: int) -> None:
        counts = f"{self._report.events:,} events, {self._report.rejected:,} rejected so far"
        self._progress(f"Loading: {counts}, {done / MB:,.0f} of {total / MB:,.0f} MB read")


def _withdrawn(sources: list[Source]) -> list[Withdrawn]:
    """What was rejected at the end of files that have grown since.

    A file that is still there as it was, while another begins with its content, keeps its
    rejects.
    """
    return [
        Withdrawn(old.load_id, old.source_file, old.resume_line)
        for source in sources
        if (old := source.grown_from)
        and (old.path == source.file.path or not os.path.exists(old.path))
    ]


def _only_at(
    events: pa.Table, sources: list[Source], positions: dict[str, set[int] | None]
) -> pa.Table:
    """Of files that are read again, only events at positions where there was a reject."""
    files = events["file"].to_numpy()
    again = {
        source.number: list(wanted)
        for source in sources
        if source.read_again and (wanted := positions[source.read_again])
    }
    if not again:
        return events
    is_wanted = np.ones(len(events), bool)
    for number, wanted in again.items():
        is_of_file = files == number
        is_wanted &= ~is_of_file | np.isin(events["position"].to_numpy(), wanted)
    return events.filter(pa.array(is_wanted))


def _cannot_be_loaded_again(path: Path, sources: list[str]) -> str:
    held = "nothing tells which event files it came of"
    if sources:
        held = f"it held events of {some_of(sources)}, which EVENTS does not name as they were"
    return (
        f"{path} is damaged, and {held}: put the event files back and run flex-insights build again, or remove "
        "the damaged file to go on without its events."
    )


def _named(rows: pa.Table, names: pa.Array) -> pa.Table:
    """Rows with file names in place of file numbers."""
    numbers = rows["file"].combine_chunks().cast(pa.int32())
    place = rows.schema.get_field_index("file")
    return rows.set_column(place, "source_file", pa.DictionaryArray.from_arrays(numbers, names))
