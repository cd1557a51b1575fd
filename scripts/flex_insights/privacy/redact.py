"""`make redact`: what has landed of an account goes through the HIPAA allow-list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from flex_insights.loading.hipaa import HipaaFilter
from flex_insights.progress import Progress

from flex_insights.privacy.register import Register
from flex_insights.privacy.rewrite import Rewriting, event_files, reject_files, with_column
from flex_insights.privacy.withdrawal import Erasure


def redact(data: Path, accounts: list[str], progress: Progress) -> Erasure:
    """Does as if the accounts (or 'all') had been under HIPAA at every load."""
    register = Register(data)
    register.redacted.update(accounts)
    hipaa = HipaaFilter(accounts)
    rewriting = Rewriting(data)
    files = event_files(data)
    for number, path in enumerate(files, 1):
        progress(f"Redacting file {number} of {len(files)}")
        rewriting.rewrite(path, lambda rows, _: hipaa.filter(rows))
    events, lost = rewriting.rows_changed, sum(map(len, rewriting.lost))
    rewriting.rows_changed = 0
    # as at a load: no text of a reject is kept where any account is under HIPAA
    for path in reject_files(data):
        rewriting.rewrite(path, _without_text)
    progress.done()
    withdrawal = rewriting.finish(register, rebuild=True)
    said = [
        f"{events:,} events filtered",
        f"{lost:,} events that cannot be filtered are now rejects without text",
        f"{rewriting.rows_changed:,} rejected lines without their text",
        "From now on every load filters " + ", ".join(sorted(register.redacted)) + ".",
    ]
    return Erasure(said, withdrawal)


def _without_text(rows: pa.Table, _: int) -> tuple[pa.Table, np.ndarray | None]:
    return with_column(rows, "text", [""] * len(rows)), None
