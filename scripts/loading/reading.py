"""Reads event files: decides what is new in each, and takes it apart into batches of values."""

from __future__ import annotations

import hashlib
import io
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from . import reasons
from .batches import BATCH_BYTES, Batch, BatchBuilder
from .files import EventFile
from .json_values import BLANK
from .ledger import HEAD_BYTES, Content, Ledger, head_of
from .lines import LineFinder
from .packaging import is_line_based
from .splitter import MAX_KEPT_TEXT, Reject, Splitter
from .streams import EventStream, foreign_container
from .tables import PARQUET, NoTable, csv_values, is_csv, parquet_values

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DOCUMENT_PIECE = 4 << 20
MAX_LINE_BYTES = 256 << 20


@dataclass
class Source:
    """A file while it is loaded, and what becomes known of it.

    `grown_from` is the content that it had, or another file has, and that was loaded before:
    then `events_to_skip` events of what is read now are in the landing zone already.
    """

    number: int
    file: EventFile
    content: Content | None = None
    grown_from: Content | None = None
    events_to_skip: int = 0
    events: int = 0
    is_known: bool = False

    @property
    def events_before(self) -> int:
        """Events in front of what is read now."""
        old = self.grown_from
        return old.events - old.events_of_tail if old and old.is_line_based else 0


class HashedStream:
    """An event stream that hashes and counts the bytes that pass."""

    def __init__(self, stream: EventStream):
        self._stream = stream
        self._hash = hashlib.sha256()
        self.length = 0
        self.head = b""

    @property
    def damage(self) -> str | None:
        return self._stream.damage

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        self.length += len(data)
        return data


class Reader:
    """Turns sources into batches; `bytes_read` tells how far it is."""

    def __init__(self, sources: list[Source], ledger: Ledger, load_id: int):
        self._sources, self._ledger, self._load_id = sources, ledger, load_id
        self._builder = BatchBuilder()
        self._bytes_before = 0
        self._stream: EventStream | None = None

    @property
    def bytes_read(self) -> int:
        stream = self._stream
        return self._bytes_before + (stream.bytes_read if stream else 0)

    def batches(self) -> Iterator[Batch]:
        for source in self._sources:
            yield from self._read(source)
            self._bytes_before += source.file.size
        yield self._builder.build()

    def _read(self, source: Source) -> Iterator[Batch]:
        with EventStream(source.file.path) as stream:
            self._stream = stream
            hashed = HashedStream(stream)
            start = hashed.read(BATCH_BYTES)
            known, is_all = self._find_known(source, start)
            if known and is_all:
                source.is_known = True
            else:
                yield from self._read_new(source, stream, hashed, start, known)
            self._stream = None
        self._builder.end(source.number)
        if self._builder.is_full:
            yield self._builder.build()

    def _find_known(self, source: Source, start: bytes) -> tuple[Content | None, bool]:
        """The longest loaded content that the file begins with, and whether it is all of it."""
        candidates = self._ledger.candidates(start[:HEAD_BYTES])
        if not candidates:
            return None, False
        if len(start) < BATCH_BYTES:
            return self._longest_match(candidates, io.BytesIO(start))
        with EventStream(source.file.path) as stream:
            return self._longest_match(candidates, stream)

    def _longest_match(
        self, candidates: list[Content], stream: EventStream | io.BytesIO
    ) -> tuple[Content | None, bool]:
        hashed, length = hashlib.sha256(), 0
        match: Content | None = None
        here: Content | None = None
        for next_length in sorted({content.length for content in candidates}):
            while length < next_length:
                data = stream.read(min(next_length - length, BATCH_BYTES))
                if not data:
                    return (here, True) if here and here.length == length else (match, False)
                hashed.update(data)
                length += len(data)
            here = self._ledger.find(length, hashed.copy().hexdigest())
            # How many events a content of this very load holds is not known yet.
            if here and here.load_id != self._load_id:
                match = here
        is_all = not stream.read(1)
        return (here, True) if here and is_all else (match, False)

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
        finder: LineFinder | None = None
        if what := foreign_container(stream.first_bytes):
            self._builder.add_rejects(source.number, [Reject(b"", 1, what)])
            while hashed.read(BATCH_BYTES):
                pass
        elif start.startswith(PARQUET):
            while hashed.read(BATCH_BYTES):
                pass
            yield from self._read_table(source, parquet_values(source.file.path))
        elif is_csv(source.file.path, start):
            yield from self._read_table(source, csv_values(_text_lines(start, hashed)))
        elif known and known.is_line_based:
            finder = LineFinder(known.resume_line)
            start = _from(known.resume_at, start, hashed)
            yield from self._read_lines(source, hashed, start, finder)
        elif is_line_based(start, is_all=len(start) < BATCH_BYTES):
            finder = LineFinder()
            yield from self._read_lines(source, hashed, _without_mark(start), finder)
        else:
            yield from self._read_document(source, hashed, _without_mark(start))
        self._remember(source, hashed, finder)

    def _remember(
        self, source: Source, hashed: HashedStream, finder: LineFinder | None
    ) -> None:
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
            resume_at=hashed.length - len(finder.rest) if is_continuable else 0,
            resume_line=finder.number if is_continuable else 0,
            events_of_tail=0,
            source_file=source.file.name,
            load_id=self._load_id,
        )
        self._ledger.remember_content(source.content)

    def _read_lines(
        self, source: Source, hashed: HashedStream, data: bytes, finder: LineFinder
    ) -> Iterator[Batch]:
        while data:
            if lines := finder.feed(data):
                self._builder.add_lines(source.number, lines)
            if len(finder.rest) > MAX_LINE_BYTES:
                text = finder.pass_over()[:MAX_KEPT_TEXT]
                reject = Reject(text, finder.number, reasons.TOO_LONG)
                self._builder.add_rejects(source.number, [reject])
            if self._builder.is_full:
                yield self._builder.build()
            data = hashed.read(BATCH_BYTES)
        self._last_line(source, hashed, finder)

    def _last_line(self, source: Source, hashed: HashedStream, finder: LineFinder) -> None:
        """The line without an end, and the damage that may have cut it off."""
        line = finder.rest.strip(BLANK)
        if not hashed.damage:
            if line:
                self._builder.add_line(source.number, line, finder.number)
            return
        found = Splitter(finder.number).feed(line, is_last=True)
        text = found.rejects.pop().text if found.rejects else b""
        if len(found.objects) == 1 and not text:
            found.elements = [0]
        found.rejects.append(Reject(text, finder.number, hashed.damage))
        self._builder.add_found(source.number, found)

    def _read_document(
        self, source: Source, hashed: HashedStream, start: bytes
    ) -> Iterator[Batch]:
        splitter = Splitter()
        for piece in _pieces(start, hashed):
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

    def _read_table(self, source: Source, values: Iterator[bytes | None]) -> Iterator[Batch]:
        row = 0
        try:
            for row, value in enumerate(values, 1):
                if value and (value := value.strip(BLANK)):
                    self._builder.add_line(source.number, value, row)
                if self._builder.is_full:
                    yield self._builder.build()
        except NoTable as error:
            self._builder.add_rejects(source.number, [Reject(b"", row + 1, str(error))])


def _pieces(start: bytes, hashed: HashedStream) -> Iterator[bytes]:
    for at in range(0, len(start), DOCUMENT_PIECE):
        yield start[at : at + DOCUMENT_PIECE]
    while data := hashed.read(DOCUMENT_PIECE):
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


def _text_lines(start: bytes, hashed: HashedStream) -> io.TextIOBase:
    return io.TextIOWrapper(
        io.BufferedReader(_Rejoined(start, hashed), 1 << 20),
        "utf-8-sig",
        errors="surrogateescape",
        newline="",
    )


class _Rejoined(io.RawIOBase):
    """The first bytes of a stream and the rest of it, as a raw file."""

    def __init__(self, start: bytes, rest: HashedStream):
        self._ready, self._rest = memoryview(start), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._ready:
            self._ready = memoryview(self._rest.read(len(buffer)))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def prefetched(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, read in a thread of its own while the last one is worked on."""
    ready: queue.Queue = queue.Queue(maxsize=1)
    is_stopped = threading.Event()

    def fetch() -> None:
        try:
            for batch in batches:
                if not _put(ready, batch, is_stopped):
                    return
            _put(ready, None, is_stopped)
        except BaseException as error:
            _put(ready, error, is_stopped)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    try:
        while (batch := ready.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        is_stopped.set()
        thread.join()


def _put(ready: queue.Queue, item: object, is_stopped: threading.Event) -> bool:
    while not is_stopped.is_set():
        try:
            ready.put(item, timeout=0.2)
            return True
        except queue.Full:
            pass
    return False
