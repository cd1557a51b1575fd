"""`make forget TASK=…`: all events of a task leave what has landed, and later loads bring none back.

This is for events that no build accepts, not for a person's data: the register keeps the SIDs as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from flex_insights.database import connect
from flex_insights.loading.landing import load_of
from flex_insights.loading.ledger import Ledger
from flex_insights.loading.spelling import first_of_each_key
from flex_insights.progress import Progress
from flex_insights.sql_text import quoted_text

from flex_insights.privacy.erase import field, fields_of
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import Rewriting, event_files
from flex_insights.privacy.withdrawal import Erasure

TAKEN_OUT = "an event of a task or worker that was taken out with forget"
Owners = set[tuple[str, str]]  # account, or ANY_ACCOUNT, and the SID of a task or worker


def take_out(data: Path, sids: list[str], account: str | None, progress: Progress) -> Erasure:
    """Makes the events of tasks, and workers' own events, rejects without text; says what was done."""
    register = Register(data)
    owners = {(account or ANY_ACCOUNT, sid) for sid in sids}
    rewriting = Rewriting(data, lost_reason=TAKEN_OUT)
    _rewrite(data, rewriting, event_files(data), owners, progress)
    progress.done()
    register.taken_out |= owners
    register.taken_out_load_id = Ledger(data / "loads").last_load_id
    withdrawal = rewriting.finish(register, rebuild=True)
    return Erasure([f"{sum(map(len, rewriting.lost)):,} events made rejects without text"], withdrawal)


def take_out_arrivals(data: Path, progress: Callable[[str], None]) -> int:
    """Takes out what loads since the last time have brought of such tasks; gives how many events.

    Does nothing where nothing was ever taken out.
    """
    register = Register(data)
    last_load_id = Ledger(data / "loads").last_load_id
    if not register.taken_out or register.taken_out_load_id >= last_load_id:
        return 0
    new_files = [p for p in event_files(data) if load_of(p) > register.taken_out_load_id]
    rewriting = Rewriting(data, lost_reason=TAKEN_OUT)
    _rewrite(data, rewriting, new_files, register.taken_out, progress)
    register.taken_out_load_id = last_load_id
    rewriting.finish(register, rebuild=False)
    return sum(map(len, rewriting.lost))


def _rewrite(
    data: Path,
    rewriting: Rewriting,
    paths: list[Path],
    owners: Owners,
    progress: Callable[[str], None],
) -> None:
    for path in _files_that_name(data, paths, {sid for _, sid in owners}):
        progress(f"Taking events out of {path.name}")
        rewriting.rewrite(path, lambda rows, _: (rows, _is_owned(rows, owners)))


def _files_that_name(data: Path, paths: list[Path], sids: Iterable[str]) -> list[Path]:
    if not paths:
        return []
    files = ", ".join(quoted_text(str(path)) for path in paths)
    named = " or ".join(f"contains(event, {quoted_text(sid)})" for sid in sorted(sids))
    with connect(data) as connection:
        found = connection.execute(
            "select distinct filename from read_parquet("
            f"[{files}], filename = true, hive_partitioning = false) where {named}"
        ).fetchall()
    return sorted(Path(name) for (name,) in found)


def _is_owned(rows: pa.Table, owners: Owners) -> np.ndarray:
    """Which events are of one of these tasks, or one of these workers' own."""
    sids = {sid for _, sid in owners}
    texts, forms = rows["event"].to_pylist(), rows["form"].to_pylist()
    accounts = rows["account_sid"].to_pylist()
    is_owned = np.zeros(len(rows), bool)
    for i, (text, form, account) in enumerate(zip(texts, forms, accounts)):
        if any(sid in text for sid in sids):
            owner = _owner(text, form)
            is_owned[i] = (account, owner) in owners or (ANY_ACCOUNT, owner) in owners
    return is_owned


def _owner(text: str, form: str) -> str:
    """The SID of an event's task, else of its worker; empty if it names neither."""
    try:
        fields = fields_of(first_of_each_key(text), form)
    except (ValueError, RecursionError):
        return ""
    return str(field(fields, form, "task_sid") or field(fields, form, "worker_sid") or "")
