"""What is left of an event when the customer, or its age, says that it has to go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from flex_insights.loading.fields import ATTRIBUTES_OF_TASK, ATTRIBUTES_OF_WORKER, EVENT_FIELDS, pascal_case
from flex_insights.loading.hipaa import filtered_event
from flex_insights.loading.spelling import first_of_each_key, usual_spelling

from flex_insights.privacy.mentions import Mentions

ADDRESSES = ("from", "caller", "to", "called", "outbound_to", "customerAddress")
CUSTOMER_IDS = ("external_id", "phone", "email")
ADDRESS_KEYS = {*ADDRESSES, *CUSTOMER_IDS}
LINKS = ("call_sid", "flexInteractionSid")
# Of what the allow-list keeps: content, labels, custom attributes and links.
ERASED_ROOT_KEYS = {"channelSid", "recordings", "reservation_attributes"}
ERASED_PREFIXES = {
    "conversations": ("content", "conversation_attribute_", "conversation_label_", "segment_link",
                      "media", "external_id_label"),
    "customers": ("customer_attribute_", "customer_label_", "customer_link"),
}
# Fields of an event in which people write. The others hold ids, times and numbers, where a customer's
# number can stand by chance, and without which the event would count otherwise or not at all.
TEXT_FIELDS = {
    *ATTRIBUTES_OF_TASK, *ATTRIBUTES_OF_WORKER,
    *("task_channel_unique_name", "task_queue_name", "workflow_name", "worker_name"),
    *("worker_activity_name", "worker_previous_activity_name", "transfer_to"),
    *("task_canceled_reason", "task_completed_reason", "reason"),
}
ATTRIBUTE_FIELDS = {*ATTRIBUTES_OF_TASK, *ATTRIBUTES_OF_WORKER}
HEADS = {"sid", "event_type", "eventtype", "event_date", "event_date_ms", "timestamp",
         "timestamp_ms", "time", "type"}
NEVER_SCRUBBED = {
    spelled
    for name in {*EVENT_FIELDS, *HEADS} - TEXT_FIELDS
    for spelled in (name, pascal_case(name))
}
# What an event says of an agent.
AGENT_FIELDS = {
    *("account_sid", "workspace_sid", "worker_sid", "worker_name", "worker_attributes"),
    "worker_version",
}


def fields_of(event: dict, form: str) -> dict:
    """The part of an event that holds its fields, and the fields' names in it."""
    if form == "webhook":
        return event
    event = usual_spelling(event)
    if form == "rest":
        return _object(event.get("event_data"))
    return _object(_object(event.get("data")).get("payload"))


def field(fields: dict, form: str, name: str) -> Any:
    return fields.get(pascal_case(name) if form == "webhook" else name)


def task_of(fields: dict, form: str) -> str:
    """The SID of the task that an event is of; empty if it names none."""
    if task := field(fields, form, "task_sid"):
        return str(task)
    resource = str(field(fields, form, "resource_sid") or "")
    return resource if resource.startswith("WT") else ""


def task_attributes(fields: dict, form: str) -> dict:
    """The task attributes of an event; empty if they are no object."""
    return _object(field(fields, form, "task_attributes"))


def address_values(attributes: dict) -> Iterator[str]:
    """Every address and id by which attributes name somebody."""
    customers = _object(attributes.get("customers"))
    values = [attributes.get(key) for key in ADDRESSES] + [customers.get(k) for k in CUSTOMER_IDS]
    return (str(value) for value in values if value not in (None, ""))


def link_values(attributes: dict) -> Iterator[str]:
    """What ties a task to others of its conversation."""
    given = _object(attributes.get("conversations")).get("conversation_id")
    values = [given, *(attributes.get(key) for key in LINKS)]
    return (str(value) for value in values if value not in (None, ""))


def erased_event(text: str, form: str, account: str, mentions: Mentions) -> str:
    """An event of an erased customer's task: by the allow-list, less what tells of the person.

    Raises ValueError or RecursionError if the text cannot be taken apart.
    """
    event = json.loads(filtered_event(text, form, account))
    fields = fields_of(event, form)
    for name in ATTRIBUTES_OF_TASK:
        if name in fields:
            fields[name] = json.dumps(_erased_attributes(json.loads(fields[name]), account, mentions))
    return _json(_scrubbed(event, account, mentions))


def scrubbed_event(text: str, account: str, mentions: Mentions) -> str:
    """An event of somebody else without the texts in it that mention an erased customer.

    Raises ValueError or RecursionError if the text cannot be taken apart.
    """
    event = usual_spelling(first_of_each_key(text))
    scrubbed = _scrubbed(event, account, mentions)
    if scrubbed != event:
        return _json(scrubbed)
    # of a key that stands twice only the first has been looked at
    return _json(event) if mentions.in_text(text, account) else text


def agents_event(text: str, form: str) -> str:
    """An event without all that it says of other things than the agent."""
    event = usual_spelling(first_of_each_key(text))
    fields = fields_of(event, form)
    for name in EVENT_FIELDS:
        if name not in AGENT_FIELDS:
            fields.pop(pascal_case(name) if form == "webhook" else name, None)
    known = {pascal_case(name) if form == "webhook" else name for name in AGENT_FIELDS}
    head = {"Sid", "EventType", "TimestampMs", "Timestamp"} if form == "webhook" else set()
    head |= {"sid", "eventtype", "timestamp"} if form == "event_streams" else set()
    for name in set(fields) - known - head:
        del fields[name]
    return _json(event)


def _erased_attributes(attributes: dict, account: str, mentions: Mentions) -> dict:
    kept = {key: value for key, value in attributes.items() if key not in ERASED_ROOT_KEYS}
    for section, prefixes in ERASED_PREFIXES.items():
        if isinstance(kept.get(section), dict):
            kept[section] = {
                key: value for key, value in kept[section].items() if not key.startswith(prefixes)
            }
    given = kept.get("conversations", {}).get("conversation_id")
    if given and mentions.in_text(str(given), account):
        # as a linking key: what belongs together stays so
        hashed = hashlib.sha256(f"{account}:{given}".encode()).hexdigest()
        kept["conversations"]["conversation_id"] = hashed
    return kept


def _scrubbed(value: Any, account: str, mentions: Mentions, in_attributes: bool = False) -> Any:
    """The value without the texts and numbers that mention somebody; None if it is one itself."""
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            if key in NEVER_SCRUBBED and not in_attributes:
                kept[key] = inner
                continue
            clean = _scrubbed_value(key, inner, account, mentions, in_attributes)
            if not mentions.in_text(key, account) and (clean is not None or inner is None):
                kept[key] = clean
        return kept
    if isinstance(value, list):
        return [_scrubbed(inner, account, mentions, in_attributes) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and isinstance(inner := _read(value), (dict, list)):
        clean = _scrubbed(inner, account, mentions, in_attributes)
        return value if clean == inner and not mentions.in_text(value, account) else json.dumps(clean)
    return None if mentions.in_text(str(value), account) else value


def _scrubbed_value(
    key: str, value: Any, account: str, mentions: Mentions, in_attributes: bool
) -> Any:
    if in_attributes and key in ADDRESS_KEYS and isinstance(value, (str, int)):
        # A number that is longer than the one looked for is somebody else's.
        return None if mentions.in_address(str(value), account) else value
    return _scrubbed(value, account, mentions, in_attributes or key in ATTRIBUTE_FIELDS)


def _object(value: Any) -> dict:
    """An object, perhaps as JSON text; empty if the value is none."""
    value = _read(value)
    return value if isinstance(value, dict) else {}


def _read(value: Any) -> Any:
    """What JSON text of an object or a list says; any other value as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return first_of_each_key(value)
    except (ValueError, RecursionError):
        return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
