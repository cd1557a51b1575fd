"""The HIPAA allow-list, applied to events before they are written to the inbox."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from flex_insights.loading.hipaa import HipaaFilter
from flex_insights.loading.recognise import FAMILIES, PREFIX
from flex_insights.privacy.register import NAME, Register

TASKROUTER_TYPE = re.compile(rf"({FAMILIES})[.].+", re.IGNORECASE)


class Protection:
    """Filters the events of `accounts` and of those that were redacted, now or later."""

    def __init__(self, data: Path, accounts: Iterable[str]):
        self._data, self._accounts = data, frozenset(accounts)
        self._stamp: tuple[int, ...] | None = None
        self._filter = HipaaFilter(self._accounts)

    def protect(self, texts: list[str], account: str, form: str) -> list[str]:
        """What may be written of events, JSON texts of one account and form ('webhook', …).

        While any account is protected, nothing is kept of what cannot be read as an event.
        """
        self._follow_redactions()
        if not self._filter.is_on:
            return texts
        texts = [text for text in texts if _is_event(text)]
        events = pa.table(
            {
                "event": pa.array(texts, pa.string()),
                "account_sid": pa.array([account] * len(texts), pa.string()),
                "form": pa.array([form] * len(texts), pa.string()),
            }
        )
        filtered, is_lost = self._filter.filter(events)
        return [filtered["event"][int(i)].as_py() for i in np.flatnonzero(~is_lost)]

    def _follow_redactions(self) -> None:
        """A server runs for months: an account may have been redacted since it started."""
        try:
            stat = os.stat(self._data / NAME)
        except FileNotFoundError:
            return
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._filter = HipaaFilter(self._accounts | Register(self._data).redacted)
            self._stamp = stamp


def _is_event(text: str) -> bool:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(event, dict):
        return False
    kind = event.get("EventType") or event.get("event_type")
    if kind is None and str(event.get("type")).startswith(PREFIX):
        kind = event["type"][len(PREFIX) :]
    return isinstance(kind, str) and TASKROUTER_TYPE.fullmatch(kind) is not None
