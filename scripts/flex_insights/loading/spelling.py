"""Which objects claim to be events, and how an event that is spelled otherwise is usually spelled."""

from __future__ import annotations

import json
import re
from typing import Any

PREFIX = "com.twilio.taskrouter."
FAMILIES = "task|task-queue|workflow|reservation|worker|activity|task-channel|workspace"
# Of other families, an event type is TaskRouter's where the object is a workspace's and it looks alike.
LIKE_A_TYPE = r"[a-z][a-z-]*([.][a-z][a-z-]*)+"
OF_A_FAMILY = re.compile(rf"({FAMILIES})[.]", re.IGNORECASE)
ALIKE = re.compile(LIKE_A_TYPE)

# Twilio's library for Node prints the envelope of the REST API so.
CAMEL_ENVELOPE = {
    "eventType": "event_type",
    "eventDateMs": "event_date_ms",
    "eventDate": "event_date",
    "eventData": "event_data",
    "accountSid": "account_sid",
    "workspaceSid": "workspace_sid",
    "resourceSid": "resource_sid",
}
# Other products' envelopes have an eventType too: it takes one of these beside it.
CAMEL_EVIDENCE = ("eventData", "eventDateMs", "eventDate")


def claims_to_be_event(value: dict) -> bool:
    """Whether a TaskRouter type stands where an event of one of the three forms has its type."""
    if hook_type := value.get("EventType"):
        return _is_type(hook_type, value.get("WorkspaceSid"))
    if rest_type := value.get("event_type"):
        return _is_type(rest_type, value.get("workspace_sid"))
    cloud_type = value.get("type")
    if isinstance(cloud_type, str) and cloud_type.startswith(PREFIX):
        return True
    if _is_camel(value):
        return _is_type(value["eventType"], value.get("workspaceSid"))
    if cloud_type or "data" not in value:
        return False
    payload = _object(_object(value["data"]).get("payload"))
    return _is_type(payload.get("eventtype"), None)


def usual_spelling(event: dict) -> dict:
    """The event with snake_case names in its envelope, and objects where it has their JSON text.

    The same object if that is how it is spelled.
    """
    if _is_camel(event) and not event.get("event_type"):
        event = {CAMEL_ENVELOPE.get(name, name): value for name, value in event.items()}
    if event.get("EventType"):
        return event
    if event.get("event_type"):
        return _with_object(event, "event_data", event.get("event_data") or event.get("payload"))
    data = _object(event.get("data"))
    payload = _object(data.get("payload")) or _object(event.get("payload"))
    if payload and payload is not data.get("payload"):
        data = {**data, "payload": payload}
    return _with_object(event, "data", data or event.get("data"))


def _with_object(event: dict, name: str, value: Any) -> dict:
    inner = _object(value)
    return event if not inner or inner is event.get(name) else {**event, name: inner}


def _is_camel(value: dict) -> bool:
    return "eventType" in value and any(name in value for name in CAMEL_EVIDENCE)


def _is_type(name: Any, workspace: Any) -> bool:
    if not isinstance(name, str):
        return False
    return bool(OF_A_FAMILY.match(name) or (workspace and ALIKE.fullmatch(name)))


def _object(value: Any) -> dict:
    """An object, given itself or as JSON text; empty if it is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = first_of_each_key(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def first_of_each_key(text: str) -> Any:
    """JSON as DuckDB reads it: of a key that stands twice, the first counts."""
    return json.loads(text, object_pairs_hook=_first_values)


def _first_values(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        values.setdefault(key, value)
    return values
