"""Reads event files: decides what is new in each, and takes it apart into batches of values."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from flex_insights.loading import reasons
from flex_insights.loading.archives import ZIP, NoArchive, members_of, seekable
from flex_insights.loading.batches import BATCH_BYTES, Batch, BatchBuilder
from flex_insights.loading.files import EventFile
from flex_insights.loading.json_values import BLANK
from flex_insights.loading.ledger import Content, Ledger, Readable, head_of
from flex_insights.loading.lines import LineFinder
from flex_insights.loading.packaging import is_line_based
from flex_insights.loading.splitter import MAX_KEPT_TEXT, Reject, Splitter, split_line
from flex_insights.loading.streams import HEAD_BYTES, EventStream, HashedStream, foreign_container, open_stream
from flex_insights.loading.tables import PARQUET, NoTable, csv_values, is_csv, parquet_values, text_lines
from flex_insights.loading.wrappings import may_go_on

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DOCUMENT_PIECE = 4 << 20
LINES_PIECE = 1 << 20
MAX_LINE_BYTES = 64 << 20


@dataclass
class Source:
    """A file, or one in a zip archive, while it is loaded, and what becomes known of it.

    `grown_from` is the content that it had, or another file has, and that was loaded before:
    then `events_to_skip` events of what is read now are in the landing zone already.
    `read_again` is the name of a file, this one as a rule, of which an earlier version rejected
    something without keeping it: all of it is read again.
    """

    number: int
    file: EventFile
    open_member: Callable[[], BinaryIO] | None = None
    content: Content | None = None
    grown_from: Content | None = None
    read_again: str | None = None
    events_to_skip: int = 0
    events: int = 0
    is_known: bool = False

    @property
    def events_before(self) -> int:
        """Events in front of what is read now."""
        old = self.grown_from
        return old.events - old.events_of_tail if old and old.is_line_based else 0

    def open(self) -> EventStream:
        return open_stream(self.open_member or (lambda: open(self.file.path, "rb")))


class Reader:
    """Turns sources into batches; `bytes_read` tells how far it is.

    Files that are found in archives are added to the sources.
    """

    def __init__(
        self,
        sources: list[Source],
        ledger: Ledger,
        load_id: int,
        to_read_again: Collection[str] = (),
    ):
        self._sources, self._ledger, self._load_id = sources, ledger, load_id
        self._to_read_again = to_read_again
        self._builder = BatchBuilder()
        self._bytes_before = 0
        self._stream: EventStream | None = None

    @property
    def bytes_read(self) -> int:
        stream = self._stream
        return self._bytes_before + (stream.bytes_read if stream else 0)

    def batches(self) -> Iterator[Batch]:
        for source in list(self._sources):
            yield from self._read(source)
            self._bytes_before += source.file.size
        yield self._builder.build()

    def _read(self, source: Source) -> Iterator[Batch]:
        with source.open() as stream:
            if stream.first_bytes.startswith(ZIP):
                yield from self._read_archive(source, stream)
                return
            self._stream = stream
            hashed = HashedStream(stream)
            start = hashed.read(BATCH_BYTES)
            known, is_all = self._find_known(source, start)
            if known and self._is_to_be_read_again(source, known):
                source.read_again, known = known.source_file, None
            if known and is_all and not self._is_whole_now(source, known):
                source.is_known = True
            else:
                yield from self._read_new(source, stream, hashed, start, known)
            self._stream = None
        yield from self._end(source)

    def _is_to_be_read_again(self, source: Source, known: Content) -> bool:
        is_old = known.load_id < self._ledger.read_since
        return is_old and known.source_file in self._to_read_again

    def _read_archive(self, source: Source, stream: EventStream) -> Iterator[Batch]:
        """Reads the files in a zip archive, each as a source of its own."""
        first = len(self._sources)
        try:
            for name, open_member in members_of(source.file.path, stream):
                file = source.file.inside(name)
                member = Source(len(self._sources), file, open_member)
                self._sources.append(member)
                yield from self._read(member)
        except NoArchive as error:
            self._builder.add_rejects(source.number, [Reject(b"", 1, str(error))])
        members = self._sources[first:]
        source.is_known = bool(members) and all(member.is_known for member in members)
        yield from self._end(source)

    def _end(self, source: Source) -> Iterator[Batch]:
        self._builder.end(source.number)
        if self._builder.is_full:
            yield self._builder.build()

    def _find_known(self, source: Source, start: bytes) -> tuple[Content | None, bool]:
        """The longest loaded content that the file begins with, and whether it is all of it."""
        candidates = self._ledger.candidates(start[:HEAD_BYTES])
        if not candidates:
            return None, False
        if len(start) < BATCH_BYTES:
            return self._ledger.longest_match(candidates, io.BytesIO(start), self._load_id)
        with source.open() as stream:
            return self._ledger.longest_match(candidates, stream, self._load_id)

    def _is_whole_now(self, source: Source, known: Content) -> bool:
        """Whether a content was all that a damaged file gave, and this one is not damaged."""
        if not known.is_damaged or known.load_id == self._load_id:
            return False
        with source.open() as stream:
            _pass_over(stream)
            return stream.damage is None

    def _read_new(
        self,
        source: Source,
        stream: EventStream,
        hashed: HashedStream,
        start: bytes,
        known: Content | None,
    ) -> Iterator[Batch]:
        if known:
            source.grown_from = known
            is_continued = known.is_line_based
            source.events_to_skip = known.events_of_tail if is_continued else known.events
            if known.load_id < self._ledger.read_since:
                # It may have counted others: what lands twice is a duplicate, nothing is lost.
                source.events_to_skip = 0
        finder: LineFinder | None = None
        unmarked = _without_mark(start)
        if what := foreign_container(stream.first_bytes):
            self._builder.add_rejects(source.number, [Reject(b"", 1, what)])
        elif start.startswith(PARQUET):
            with source.open() as packed, seekable(source.file.path, packed) as file:
                yield from self._read_table(source, hashed, parquet_values(file))
        elif is_csv(source.file.name, start):
            values = csv_values(text_lines(start, hashed.read))
            yield from self._read_table(source, hashed, values)
        elif known and known.is_line_based:
            finder = LineFinder(known.resume_line)
            data = _from(known.resume_at, unmarked, hashed)
            yield from self._read_lines(source, hashed, data, finder)
        elif is_line_based(unmarked, is_all=len(start) < BATCH_BYTES):
            finder = LineFinder()
            yield from self._read_lines(source, hashed, unmarked, finder)
        else:
            yield from self._read_document(source, hashed, unmarked)
        _pass_over(hashed)
        self._remember(source, hashed, finder)

    def _remember(self, source: Source, hashed: HashedStream, finder: LineFinder | None) -> None:
        """Files the content; how many events it holds is known when they are recognised."""
        if not hashed.length:
            return
        is_continuable = finder is not None and not finder.is_passing_over
        source.content = Content(
            length=hashed.length,
            sha256=hashed.sha256,
            head=head_of(hashed.head),
            is_line_based=is_continuable,
            events=0,
            resume_at=hashed.length - finder.rest_length if is_continuable else 0,
            resume_line=finder.number if is_continuable else 0,
            events_of_tail=0,
            is_damaged=hashed.damage is not None,
            path=source.file.path,
            source_file=source.file.name,
            load_id=self._load_id,
        )
        self._ledger.remember_content(source.content)

    def _read_lines(
        self, source: Source, hashed: HashedStream, data: bytes, finder: LineFinder
    ) -> Iterator[Batch]:
        for piece in _pieces(data, hashed, LINES_PIECE):
            if lines := finder.feed(piece):
                self._builder.add_lines(source.number, lines)
            if finder.rest_length > MAX_LINE_BYTES:
                text = finder.pass_over()[:MAX_KEPT_TEXT]
                reject = Reject(text, finder.number, reasons.TOO_LONG)
                self._builder.add_rejects(source.number, [reject])
            if self._builder.is_full:
                yield self._builder.build()
        self._last_line(source, hashed, finder)

    def _last_line(self, source: Source, hashed: HashedStream, finder: LineFinder) -> None:
        """The line without an end, and the damage that may have cut it off."""
        line = finder.rest.strip(BLANK)
        if not hashed.damage:
            if may_go_on(line.decode("latin-1")):
                self._builder.add_found(source.number, split_line(line, finder.number))
            elif line:
                self._builder.add_line(source.number, line, finder.number)
            return
        found = Splitter(finder.number).feed(line, is_last=True)
        text = found.rejects.pop().text if found.rejects else b""
        if len(found.objects) == 1 and not text:
            found.elements = [0]
        found.rejects.append(Reject(text, finder.number, hashed.damage))
        self._builder.add_found(source.number, found)

    def _read_document(self, source: Source, hashed: HashedStream, start: bytes) -> Iterator[Batch]:
        splitter = Splitter()
        for piece in _pieces(start, hashed, DOCUMENT_PIECE):
            self._builder.add_found(source.number, splitter.feed(piece, is_last=False))
            if self._builder.is_full:
                yield self._builder.build()
        found = splitter.feed(b"", is_last=True)
        if hashed.damage:
            is_cut = found.rejects and found.rejects[-1].reason == reasons.CUT_OFF
            cut = found.rejects.pop() if is_cut else Reject(b"", splitter.next_position(), "")
            cut.reason = hashed.damage
            found.rejects.append(cut)
        self._builder.add_found(source.number, found)

    def _read_table(
        self, source: Source, hashed: HashedStream, values: Iterator[bytes | None]
    ) -> Iterator[Batch]:
        row, damage = 0, None
        try:
            for row, value in enumerate(values, 1):
                if value and (value := value.strip(BLANK)):
                    self._builder.add_line(source.number, value, row)
                if self._builder.is_full:
                    yield self._builder.build()
        except NoTable as error:
            damage = str(error)
        if damage := hashed.damage or damage:
            self._builder.add_rejects(source.number, [Reject(b"", row + 1, damage)])


def _pass_over(stream: Readable) -> None:
    while stream.read(BATCH_BYTES):
        pass


def _pieces(start: bytes, hashed: HashedStream, size: int) -> Iterator[bytes]:
    for at in range(0, len(start), size):
        yield start[at : at + size]
    while data := hashed.read(size):
        yield data


def _from(offset: int, data: bytes, hashed: HashedStream) -> bytes:
    """The bytes from an offset of the file on, `data` being its beginning."""
    while hashed.length < offset:
        data = hashed.read(BATCH_BYTES)
    before = hashed.length - len(data)
    # At the very end there may be nothing yet to go on with.
    return data[offset - before :] or hashed.read(BATCH_BYTES)


def _without_mark(data: bytes) -> bytes:
    """The data with blanks in place of a byte order mark, so that offsets hold."""
    return b"   " + data[3:] if data.startswith(BYTE_ORDER_MARK) else data
