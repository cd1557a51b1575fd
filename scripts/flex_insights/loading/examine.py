"""Sorts values into events and rejects."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flex_insights.loading.batches import Batch, BatchBuilder, as_strings
from flex_insights.loading.json_values import why_unreadable
from flex_insights.loading.reasons import PLAIN_TEXT, UNFILTERABLE
from flex_insights.loading.recognise import FORMS, NO_OBJECT, REASONS, Recognised, Recogniser
from flex_insights.loading.splitter import MAX_KEPT_TEXT, MAX_VALUE_BYTES, Reject, Splitter

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


class Examiner:
    """Examines batches one after the other."""

    def __init__(self) -> None:
        self._recogniser = Recogniser()

    def close(self) -> None:
        self._recogniser.close()

    def examine(self, batch: Batch) -> tuple[pa.Table, pa.Table]:
        """Events and rejects of a batch, with the columns above."""
        events, rejects = [], [_reject_table(batch.rejects)]
        for are_whole in (False, True):
            are_alike = batch.are_whole == are_whole
            if are_alike.any():
                parts = self._examine_alike(batch.where(are_alike), are_whole)
                events.append(parts[0])
                rejects.append(parts[1])
        return (
            pa.concat_tables([EVENT_COLUMNS.empty_table(), *events]),
            pa.concat_tables(rejects),
        )

    def _examine_alike(self, values: Batch, are_whole: bool) -> tuple[pa.Table, pa.Table]:
        texts, _ = as_strings(values.values)
        is_long = pc.greater(pc.binary_length(values.values), MAX_VALUE_BYTES)
        if not are_whole and pc.any(is_long).as_py():
            # Taken apart first: DuckDB would need several times their size in memory.
            texts = pc.if_else(is_long, "", texts)
        recognised = self._recogniser.recognise(texts, are_whole)
        events = _event_table(values, texts, recognised)
        rejects = _table_of_rejected(values, texts, recognised)
        is_odd = recognised.fates == NO_OBJECT
        if not is_odd.any():
            return events, rejects
        odd = values.where(is_odd)
        if are_whole:
            return events, pa.concat_tables([rejects, _unreadable(odd)])
        more_events, more_rejects = self.examine(_taken_apart(odd))
        return pa.concat_tables([events, more_events]), pa.concat_tables([rejects, more_rejects])


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


def _table_of_rejected(values: Batch, texts: pa.ChunkedArray, recognised: Recognised) -> pa.Table:
    is_rejected = recognised.fates > NO_OBJECT
    if not is_rejected.any():
        return REJECT_COLUMNS.empty_table()
    return _rows(
        REJECT_COLUMNS,
        texts.filter(pa.array(is_rejected)),
        pa.array(values.files[is_rejected]),
        pa.array(values.positions[is_rejected]),
        pa.array(REASONS).take(pa.array(recognised.fates[is_rejected])),
    )


def _taken_apart(lines: Batch) -> Batch:
    """The objects and rejects on lines that are not simply one object."""
    builder = BatchBuilder()
    for file, line, value in zip(lines.files, lines.positions, lines.values):
        text = value.as_py()
        found = Splitter(int(line)).feed(text, is_last=True)
        if found.rejects and not found.objects:  # a line is rejected once and whole
            reasons_found = {reject.reason for reject in found.rejects}
            reason = reasons_found.pop() if len(reasons_found) == 1 else PLAIN_TEXT
            found.rejects[:] = [Reject(text, int(line), reason)]
        builder.add_found(int(file), found)
    return builder.build()


def _unreadable(values: Batch) -> pa.Table:
    rejects = []
    for file, position, value in zip(values.files, values.positions, values.values):
        text = value.as_py()
        rejects.append((int(file), Reject(text, int(position), why_unreadable(text))))
    return _reject_table(rejects)


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
