"""Event files: packaged as each form is, in order of delivery."""

from __future__ import annotations

import gzip
from bisect import bisect_left
from collections import Counter
from operator import itemgetter
from pathlib import Path

from workshop.simulator.forms import FORMS, REST, STREAM, WEBHOOK, WRITERS, rest_page

PAGE, BATCH, GROUP = 500, 100, 64
SLICE_MS = 20 * 60_000
FORM_AND_TYPE = itemgetter(2, 4)


# Fast levels. The sample, which is compressed once and shipped, is made as small as possible.
LEVELS = {"gz": 3, "zst": 3}
SMALLEST = {"gz": 9, "zst": 19}


def open_file(path: Path, pack: str, levels: dict[str, int]):
    """Open a file for bytes, compressed as ``gz``, ``zst`` or not at all; the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if pack == "gz":
        return gzip.GzipFile(path.with_name(path.name + ".gz"), "wb", levels[pack], mtime=0)
    if pack == "zst":
        from zstandard import ZstdCompressor
        packed = open(path.with_name(path.name + ".zst"), "wb")
        return ZstdCompressor(level=levels[pack]).stream_writer(packed)
    return open(path, "wb")  # groups of lines are larger than its buffer and bypass it


class _Redacted:
    texts = {form: '""' for form in FORMS}


REDACTED = _Redacted()


class Lines:
    """One event per line."""

    def __init__(self, path: Path, pack: str, levels: dict[str, int]) -> None:
        self.file = open_file(path, pack, levels)

    def write(self, events: list[str]) -> None:
        """Write events, oldest first."""
        # Encoded one by one, since a single wide character would make a long string four times as large;
        # joined in groups that fit a processor's cache.
        for first in range(0, len(events), GROUP):
            lines = [event.encode() for event in events[first:first + GROUP]]
            lines.append(b"")
            self.file.write(b"\n".join(lines))

    def close(self) -> None:
        """Finish the file."""
        self.file.close()


class Batches(Lines):
    """Arrays of ``size`` events, one per line."""

    def __init__(self, path: Path, pack: str, levels: dict[str, int], account, size: int) -> None:
        super().__init__(path, pack, levels)
        self.account, self.size, self.rest, self.number = account, size, [], 0

    def wrap(self, events: list[str]) -> str:
        """Return one batch."""
        return f"[{','.join(events)}]"

    def write(self, events: list[str]) -> None:
        """Write all full batches; keep the rest."""
        self.rest += events
        while len(self.rest) >= self.size:
            self._write_one(self.rest[:self.size])
            del self.rest[:self.size]

    def _write_one(self, events: list[str]) -> None:
        self.file.write((self.wrap(events) + "\n").encode())
        self.number += 1

    def close(self) -> None:
        """Write what is left and finish the file."""
        if self.rest:
            self._write_one(self.rest)
        self.file.close()


class Pages(Batches):
    """Pages of the REST Events list, one per line."""

    def wrap(self, events: list[str]) -> str:
        """Return one page."""
        return rest_page(self.account, events, self.number, self.size)


class Outbox:
    """Takes events of one account and day in any order, writes them in order of delivery."""

    def __init__(self, folder: Path, account, name: str, form: str, pack: str,
                 packaging: str, rng, odd: float) -> None:
        self.folder, self.account, self.name, self.form = folder, account, name, form
        self.pack, self.packaging, self.rng, self.odd = pack, packaging, rng, odd
        self.waiting: list[tuple] = []
        self.files: dict[str, Lines] = {}
        self.counts: Counter[tuple[str, str]] = Counter()  # events by form and type
        self.sequence = 0

    def send(self, moment, family: str) -> None:
        """Write an event in the form of its time; with ``odd``, late or more than once."""
        form = self.form
        if form == "mixed":
            form = FORMS[moment.at // SLICE_MS % 3]
        self._put(moment.at, form, moment, family)
        if self.odd and self.rng.random() < self.odd:
            self._oddities(moment, family, form)

    def _put(self, delivery: int, form: str, moment, family: str) -> None:
        self.sequence += 1
        self.waiting.append((delivery, self.sequence, form, WRITERS[form][family](moment),
                             moment.type))

    def _oddities(self, moment, family: str, form: str) -> None:
        roll = self.rng.random()
        late = moment.at + int(self.rng.random() * 600_000)
        if roll < 0.4:  # delivered late, no copy
            self.waiting[-1] = (late, *self.waiting[-1][1:])
        elif roll < 0.65:  # at-least-once delivery: the very same event again
            self.sequence += 1
            self.waiting.append((late, self.sequence, *self.waiting[-1][2:]))
        elif roll < 0.85 and self.form == "mixed":  # collected twice, in two forms
            other = FORMS[(FORMS.index(form) + 1) % 3]
            self._put(late, other, moment, family)
        # listed much later and redacted by then
        elif self.form in ("mixed", REST) and family in ("task", "reservation"):
            kept, moment.stage = moment.stage, REDACTED
            self._put(late, REST, moment, family)
            moment.stage = kept

    def flush(self, now: int) -> None:
        """Write all events to be delivered before ``now``."""
        self.waiting.sort()
        self._write(bisect_left(self.waiting, (now,)))

    def _write(self, count: int) -> None:
        due, self.waiting = self.waiting[:count], self.waiting[count:]
        self.counts.update(map(FORM_AND_TYPE, due))
        by_form: dict[str, list[str]] = {}
        for event in due:
            by_form.setdefault(event[2], []).append(event[3])
        for form, texts in by_form.items():
            if form not in self.files:
                self.files[form] = self._open(form)
            self.files[form].write(texts)

    def _open(self, form: str) -> Lines:
        path = self.folder / f"{form}_{self.name}"
        pack, levels = self.pack, LEVELS
        if pack == "both":
            pack, levels = "gz" if form == WEBHOOK else "zst", SMALLEST
        if self.packaging == "real" and form == REST:
            return Pages(path.with_suffix(".json"), pack, levels, self.account, PAGE)
        if self.packaging == "real" and form == STREAM:
            return Batches(path.with_suffix(".json"), pack, levels, self.account, BATCH)
        return Lines(path.with_suffix(".jsonl"), pack, levels)

    def close(self) -> None:
        """Write all remaining events."""
        self.waiting.sort()
        self._write(len(self.waiting))
        for file in self.files.values():
            file.close()
