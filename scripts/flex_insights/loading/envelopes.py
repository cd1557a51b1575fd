"""Tables whose rows are events: their columns are an envelope's, nested or flat."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flex_insights.loading.fields import EVENT_FIELDS, REST_FIELDS, WEBHOOK_FIELDS
from flex_insights.loading.spelling import CAMEL_ENVELOPE, CAMEL_EVIDENCE, claims_to_be_event, usual_spelling

Path = tuple[str, ...]
# What stands between the names of nested columns where they were made flat.
BETWEEN = r"(?:[.]|__|_)"
IN_PAYLOAD = re.compile(rf"(?:data{BETWEEN})?payload{BETWEEN}(.+)")
IN_DATA = re.compile(rf"data{BETWEEN}(.+)")
IN_EVENT_DATA = re.compile(rf"event_?data{BETWEEN}(.+)")
PAYLOAD = ("data", "payload")

_hook_names = {name.lower(): name for name in WEBHOOK_FIELDS}
_rest_names = {name.lower(): usual for name, usual in CAMEL_ENVELOPE.items()}
_camel_evidence = {name.lower() for name in CAMEL_EVIDENCE}


class Envelope:
    """Where each column of a table belongs in an event."""

    def __init__(self, paths: list[Path]):
        self._paths = paths

    @classmethod
    def of(cls, names: list[str]) -> Envelope | None:
        """The envelope that the columns make up, whatever the case of their names, if they do."""
        lower = [name.lower() for name in names]
        known = set(lower)
        if "event_type" in known or ("eventtype" in known and known & _camel_evidence):
            return cls([_rest_path(name, known) for name in lower])
        if "eventtype" in known and not known & {"task_sid", "worker_sid", "workspace_sid"}:
            return cls([(_hook_names.get(low, name),) for low, name in zip(lower, names)])
        if "eventtype" in known or "type" in known:
            return cls([_stream_path(name, known) for name in lower])
        return None

    def event(self, row: Iterable[Any]) -> bytes:
        """A row's event as JSON text."""
        return to_json(self._event(row)).encode("utf-8", "surrogateescape")

    def claims_to_be_event(self, row: Iterable[Any]) -> bool:
        return claims_to_be_event(usual_spelling(self._event(row)))

    def is_event(self, row: Iterable[Any]) -> bool:
        """Whether a row claims to be an event and has a time where one of its form has it."""
        event = usual_spelling(self._event(row))
        if not claims_to_be_event(event):
            return False
        if event.get("EventType"):
            return bool(event.get("TimestampMs") or event.get("Timestamp"))
        if event.get("event_type"):
            return bool(event.get("event_date_ms") or event.get("event_date"))
        payload = event.get("data", {}).get("payload", {})
        return bool(event.get("time") or payload.get("timestamp"))

    def _event(self, row: Iterable[Any]) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for path, value in zip(self._paths, row):
            value = _plain(value)
            if value is None or value == "":
                continue
            inner = event
            for name in path[:-1]:
                inner = inner.setdefault(name, {})
                if not isinstance(inner, dict):
                    break
            else:
                inner.setdefault(path[-1], value)
        return event


def _rest_path(name: str, known: set[str]) -> Path:
    name = _rest_names.get(name, name)
    if inner := IN_EVENT_DATA.fullmatch(name):
        return ("event_data", inner[1])
    is_flat = not known & {"event_data", "eventdata"}
    if is_flat and name in EVENT_FIELDS and name not in REST_FIELDS:
        return ("event_data", name)
    return (name,)


def _stream_path(name: str, known: set[str]) -> Path:
    if name == "payload":
        return PAYLOAD
    for pattern, path in ((IN_PAYLOAD, PAYLOAD), (IN_DATA, ("data",))):
        if inner := pattern.fullmatch(name):
            return (*path, inner[1])
    is_flat = not known & {"data", "payload"}
    if is_flat and name in ("sid", "eventtype", "timestamp", *EVENT_FIELDS):
        return (*PAYLOAD, name)
    return (name,)


def to_json(value: Any) -> str:
    """A value of a table as JSON text."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """The value in JSON's types: times as ISO 8601, whole numbers as such, bytes as text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (float, Decimal)):
        if not math.isfinite(value):
            return None
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
