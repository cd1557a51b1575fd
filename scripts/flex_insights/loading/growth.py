"""What is new in a file that has grown since an earlier load."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from flex_insights.loading.batches import Batch
from flex_insights.loading.reading import Source


def without_landed(events: pa.Table, batch: Batch, sources: list[Source]) -> pa.Table:
    """Events without those that an earlier load landed when the file was shorter.

    Also counts each file's events, for when it grows again.
    """
    files = events["file"].to_numpy()
    numbers, counts = np.unique(files, return_counts=True)
    for number, count in zip(numbers, counts):
        sources[number].events += int(count)
    ended = [sources[number] for number in batch.ended if sources[number].content]
    _count_tails(files, events["position"].to_numpy(), ended)
    skipping = [number for number in numbers if sources[number].events_to_skip]
    if not skipping:
        return events
    order = np.lexsort([events[name].to_numpy() for name in ("element", "position", "file")])
    events, files = events.take(pa.array(order)), files[order]
    is_new = np.ones(len(files), bool)
    for number in skipping:
        source = sources[number]
        landed = np.flatnonzero(files == number)[: source.events_to_skip]
        is_new[landed] = False
        source.events_to_skip -= len(landed)
    return events.filter(pa.array(is_new))


def _count_tails(files: np.ndarray, positions: np.ndarray, ended: list[Source]) -> None:
    """Records the number of events of each file that ends here, and of its unfinished last line."""
    if not ended:
        return
    tail_begins = np.full(max(source.number for source in ended) + 1, np.iinfo(np.int64).max)
    for source in ended:
        source.content.events = source.events_before + source.events
        if source.content.is_line_based:
            tail_begins[source.number] = source.content.resume_line
    is_ended = files < len(tail_begins)
    files, positions = files[is_ended], positions[is_ended]
    in_tail = np.bincount(files[positions >= tail_begins[files]], minlength=len(tail_begins))
    for source in ended:
        source.content.events_of_tail = int(in_tail[source.number])
