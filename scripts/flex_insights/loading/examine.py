"""Sorts values into events and rejects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flex_insights.loading.batches import Batch, BatchBuilder, as_strings
from flex_insights.loading.json_values import why_unreadable
from flex_insights.loading.reasons import UNFILTERABLE
from flex_insights.loading.recognise import FORMS, NO_EVENT, NO_OBJECT, Recognised, Recogniser
from flex_insights.loading.splitter import MAX_KEPT_TEXT, MAX_VALUE_BYTES, Found, Reject, is_text_alone, split_line
from flex_insights.loading.wrappings import SIGNS, look_into

# Files are numbers here; names come in when the rows are written.
EVENT_COLUMNS = pa.schema(
    [
        ("account_sid", pa.string()),
        ("event", pa.string()),
        ("form", pa.string()),
        ("file", pa.int64()),
        ("position", pa.int64()),
        ("element", pa.int64()),
    ]
)
REJECT_COLUMNS = pa.schema(
    [("text", pa.string()), ("file", pa.int64()), ("position", pa.int64()), ("reason", pa.string())]
)
# On the way, the element of a value is kept above so many bits, and below them the number of what
# was found inside it.
INSIDE_BITS = 32


@dataclass
class _Unused:
    """A value that is no event, while it is not known yet whether it holds one."""

    text: bytes
    file: int
    position: int
    element: int = 0


class Examiner:
    """Examines batches one after the other."""

    def __init__(self) -> None:
        self.recogniser = Recogniser()

    def close(self) -> None:
        self.recogniser.close()

    def examine(self, batch: Batch) -> tuple[pa.Table, pa.Table]:
        """Events and rejects of a batch, with the columns above."""
        batch.elements = batch.elements << INSIDE_BITS
        events, rejects = self._examine(batch)
        return _numbered(events), rejects

    def _examine(self, batch: Batch, are_inside: bool = False) -> tuple[pa.Table, pa.Table]:
        """`are_inside` says that the values were found inside others: none is looked into again."""
        parts = [(EVENT_COLUMNS.empty_table(), _reject_table(batch.rejects))]
        for are_whole in (False, True):
            are_alike = batch.are_whole == are_whole
            if are_alike.any():
                parts += self._examine_alike(batch.where(are_alike), are_whole, are_inside)
        return _put_together(parts)

    def _examine_alike(
        self, values: Batch, are_whole: bool, are_inside: bool
    ) -> Iterable[tuple[pa.Table, pa.Table]]:
        texts, _ = as_strings(values.values)
        is_long = pc.greater(pc.binary_length(values.values), MAX_VALUE_BYTES)
        if not are_whole and pc.any(is_long).as_py():
            # Taken apart first: DuckDB would need several times their size in memory.
            texts = pc.if_else(is_long, "", texts)
        recognised = self.recogniser.recognise(texts, are_whole)
        yield _event_table(values, texts, recognised), REJECT_COLUMNS.empty_table()
        if recognised.is_event.all():
            return
        is_odd = recognised.fates == NO_OBJECT
        if is_odd.any() and not are_whole:
            yield self._take_apart(values.where(is_odd))
        is_unused = ~recognised.is_event & (~is_odd | are_whole)
        if not are_inside:
            is_worth = is_unused & ~recognised.claims_to_be_event & _may_hold_event(values, texts)
            is_opened, found = self._look_into(values, np.flatnonzero(is_worth))
            yield found
            is_unused &= ~is_opened
        yield EVENT_COLUMNS.empty_table(), self._rejected(values, texts, recognised, is_unused)

    def _take_apart(self, lines: Batch) -> tuple[pa.Table, pa.Table]:
        """What is on lines that are not simply one object."""
        builder = BatchBuilder()
        texts = []
        for file, line, value in zip(lines.files, lines.positions, lines.values):
            found = split_line(value.as_py(), int(line))
            if is_text_alone(found):
                texts.append((int(file), found.rejects.pop()))
            builder.add_found(int(file), found)
        batch = builder.build()
        batch.elements = batch.elements << INSIDE_BITS
        inside = BatchBuilder()
        for file, reject in texts:
            unused = _Unused(reject.text, file, reject.position)
            if not _open(unused, inside):
                batch.rejects.append((file, reject))
        return _put_together([self._examine(batch), self._examine(inside.build(), True)])

    def _look_into(
        self, values: Batch, rows: np.ndarray
    ) -> tuple[np.ndarray, tuple[pa.Table, pa.Table]]:
        """Which rows hold events or what claims to be one, and what is in those."""
        is_opened = np.zeros(len(values.files), bool)
        inside = BatchBuilder()
        texts = values.values.take(pa.array(rows)).to_pylist()
        columns = (values.files, values.positions, values.elements)
        for row, *of_row in zip(rows, texts, *(column[rows].tolist() for column in columns)):
            is_opened[row] = _open(_Unused(*of_row), inside)
        return is_opened, self._examine(inside.build(), are_inside=True)

    def _rejected(
        self, values: Batch, texts: pa.ChunkedArray, recognised: Recognised, rows: np.ndarray
    ) -> pa.Table:
        if not rows.any():
            return REJECT_COLUMNS.empty_table()
        reasons = recognised.reasons
        unnamed = rows & (recognised.fates == NO_EVENT)
        if unnamed.any():
            words = self.recogniser.describe(texts.filter(pa.array(unnamed)))
            reasons = pc.replace_with_mask(reasons, pa.array(unnamed), words)
        is_unreadable = rows & (recognised.fates == NO_OBJECT)
        unreadable = [
            (int(file), Reject(value.as_py(), int(position), why_unreadable(value.as_py())))
            for file, position, value in _rows_of(values, is_unreadable)
        ]
        rows = rows & ~is_unreadable
        mask = pa.array(rows)
        rejected = _rows(
            REJECT_COLUMNS,
            texts.filter(mask),
            pa.array(values.files[rows]),
            pa.array(values.positions[rows]),
            reasons.filter(mask),
        )
        return pa.concat_tables([rejected, _reject_table(unreadable)])


def _may_hold_event(values: Batch, texts: pa.ChunkedArray) -> np.ndarray:
    """Whether it is worth looking into each value."""
    is_worth = pc.match_substring_regex(texts, SIGNS).to_numpy()
    return is_worth | pc.equal(pc.binary_length(texts), 0).to_numpy()


def _rows_of(values: Batch, is_wanted: np.ndarray) -> Iterable[tuple[int, int, pa.Scalar]]:
    wanted = values.where(is_wanted)
    return zip(wanted.files, wanted.positions, wanted.values)


def _open(unused: _Unused, inside: BatchBuilder) -> bool:
    """Adds what is inside a value; false if no event is."""
    found = look_into(unused.text.decode("utf-8", "surrogateescape"))
    for number, part in enumerate(found, 1):
        text = part.text.encode("utf-8", "surrogateescape")
        if part.reason:
            inside.add_rejects(unused.file, [Reject(text, unused.position, part.reason)])
        else:
            element = unused.element | number
            inside.add_found(unused.file, Found([text], [unused.position], [element]))
    return bool(found)


def _event_table(values: Batch, texts: pa.ChunkedArray, recognised: Recognised) -> pa.Table:
    is_event = recognised.is_event
    mask = pa.array(is_event)
    return _rows(
        EVENT_COLUMNS,
        recognised.accounts.filter(mask),
        texts if is_event.all() else texts.filter(mask),
        pa.array(FORMS).take(pa.array(recognised.forms[is_event])),
        pa.array(values.files[is_event]),
        pa.array(values.positions[is_event]),
        pa.array(values.elements[is_event]),
    )


def _numbered(events: pa.Table) -> pa.Table:
    """Events with their number within their line or value, 0 if an event is the whole of it."""
    numbers = events["element"].to_numpy()
    inside = numbers & ((1 << INSIDE_BITS) - 1)
    elements = numbers >> INSIDE_BITS
    is_inside = inside > 0
    if is_inside.any():
        elements = np.where(elements == 0, inside, elements)
        _number_together(events, numbers, elements, is_inside & (numbers >> INSIDE_BITS > 0))
    place = events.schema.get_field_index("element")
    return events.set_column(place, events.schema.field(place), pa.array(elements))


def _number_together(
    events: pa.Table, numbers: np.ndarray, elements: np.ndarray, is_mixed: np.ndarray
) -> None:
    """Numbers anew the events of lines of several values of which some were found inside."""
    if not is_mixed.any():
        return
    places = list(zip(events["file"].to_pylist(), events["position"].to_pylist()))
    mixed = {places[row] for row in np.flatnonzero(is_mixed)}
    rows = sorted((place, numbers[row], row) for row, place in enumerate(places) if place in mixed)
    last, number = None, 0
    for place, _, row in rows:
        number = number + 1 if place == last else 1
        last, elements[row] = place, number


def _put_together(parts: Iterable[tuple[pa.Table, pa.Table]]) -> tuple[pa.Table, pa.Table]:
    events, rejects = zip(*parts)
    return pa.concat_tables(events), pa.concat_tables(rejects)


def _reject_table(rejects: list[tuple[int, Reject]]) -> pa.Table:
    return _rows(
        REJECT_COLUMNS,
        pa.array([_readable(reject.text) for _, reject in rejects], pa.string()),
        pa.array([file for file, _ in rejects], pa.int64()),
        pa.array([reject.position for _, reject in rejects], pa.int64()),
        pa.array([reject.reason for _, reject in rejects], pa.string()),
    )


def _readable(text: bytes) -> str:
    return text[:MAX_KEPT_TEXT].decode("utf-8", "replace")


def _rows(schema: pa.Schema, *columns: pa.Array) -> pa.Table:
    return pa.table(list(columns), schema.names).cast(schema)


def unfilterable(events: pa.Table) -> pa.Table:
    """Rejects for events that the allow-list cannot be applied to."""
    return _rows(
        REJECT_COLUMNS,
        events["event"],
        events["file"],
        events["position"],
        pa.repeat(pa.scalar(UNFILTERABLE), len(events)),
    )


def without_text(rejects: pa.Table) -> pa.Table:
    """Rejects that say where and why, but not what."""
    nothing = pa.repeat(pa.scalar(""), len(rejects))
    return rejects.set_column(rejects.schema.get_field_index("text"), "text", nothing)
