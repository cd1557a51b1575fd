"""The allow-list for accounts under HIPAA, applied in memory before anything is written.

Source of the list: Twilio's documentation of Flex Insights for HIPAA accounts. Unlike the
rest of the loader this looks at one event after the other: about 20,000 a second.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from flex_insights.loading.fields import (
    ATTRIBUTES_OF_TASK,
    ATTRIBUTES_OF_WORKER,
    CLOUD_FIELDS,
    DATA_FIELDS,
    EVENT_FIELDS,
    PAYLOAD_FIELDS,
    REST_FIELDS,
    WEBHOOK_FIELDS,
)
from flex_insights.loading.spelling import first_of_each_key, usual_spelling

ALL_ACCOUNTS = "all"
UNKNOWN_ACCOUNT = "unknown"


def _numbered(name: str, count: int) -> set[str]:
    return {f"{name}_{number}" for number in range(1, count + 1)}


ROOT_KEYS = {
    *("channelSid", "conversations", "customers", "direction", "from_country", "hipaa_enabled"),
    *("reason", "recordings", "reservation_attributes", "to_country"),
}
# Not on Twilio's list: these only link tasks to each other, as hashes but for the last.
LINKING_KEYS = {"call_sid", "flexInteractionSid", "transfer_sid"}
PREVIOUS_TASK = "previous_task_sid"
CONVERSATION_KEYS = {
    *("abandon_time", "abandoned", "abandoned_phase", "activity", "activity_time"),
    *("agent_talk_time", "average_response_time", "campaign", "case", "channel"),
    *("communication_channel", "content", "conversation_id", "crosstalk_time"),
    *("customer_talk_time", "date", "destination", "direction", "external_contact"),
    *("external_id_label", "first_response_time", "focus_time", "followed_by"),
    *("handling_department_id", "handling_department_name"),
    *("handling_department_name_in_hierarchy", "handling_team_id", "handling_team_name"),
    *("handling_team_name_in_hierarchy", "hang_up_by", "hold_time", "in_business_hours"),
    *("initiated_by", "initiative", "ivr_path", "ivr_time", "kind", "language"),
    *("longest_silence_before_agent", "longest_silence_before_customer"),
    *("longest_talk_by_agent", "longest_talk_by_customer", "media", "order", "outcome"),
    *("preceded_by", "priority", "productive", "queue", "queue_time", "recording_status"),
    *("ring_time", "segment_link", "segment_name", "segment_recording_offset"),
    *("service_level", "silence_time", "source", "talk_time", "virtual", "workflow"),
    *("wrap_up_time",),
    *_numbered("conversation_attribute", 10),
    *_numbered("conversation_label", 10),
    *_numbered("conversation_measure", 10),
}
CUSTOMER_KEYS = {
    *("acquisition_cost", "acquisition_date", "business_value", "category", "country"),
    *("customer_link", "customer_manager", "gender", "market_segment", "organization"),
    *("region", "state", "type", "year_of_birth"),
    *_numbered("customer_attribute", 3),
    *_numbered("customer_label", 3),
}
# These stay whole; of any other key only texts, numbers and lists of them.
WHOLE_KEYS = {"recordings", "reservation_attributes", "media"}
# What a direction begins with ('outbound-api' is one).
DIRECTIONS = ("inbound", "outbound", "internal")
ACCOUNT_KEYS = ("AccountSid", "account_sid", "accountSid")
# What may be JSON text, or hold more of the event as an object.
INNER_KEYS = ("event_data", "eventData", "data", "payload", *ATTRIBUTES_OF_TASK)
HASH = re.compile(r"[0-9a-f]{64}")


class HipaaFilter:
    """Filters the events of some accounts; `accounts` separated by commas, or 'all'."""

    def __init__(self, accounts: str | Iterable[str]):
        names = accounts.split(",") if isinstance(accounts, str) else accounts
        self._accounts = {name.strip().lower() for name in names} - {""}
        self.is_on = bool(self._accounts)
        self._is_for_all = ALL_ACCOUNTS in self._accounts

    def filter(self, events: pa.Table) -> tuple[pa.Table, np.ndarray]:
        """The events with those of the accounts filtered, and which could not be.

        An event that names no account may be anybody's, and is filtered as well.
        """
        texts = events["event"].to_pylist()
        accounts = events["account_sid"].to_pylist()
        is_lost = np.zeros(len(texts), bool)
        for i, (text, account, form) in enumerate(zip(texts, accounts, events["form"].to_pylist())):
            try:
                if self._is_theirs(account, text):
                    texts[i] = filtered_event(text, form, account)
            except (ValueError, RecursionError):
                texts[i], is_lost[i] = "", True
        column = events.schema.get_field_index("event")
        return events.set_column(column, "event", pa.array(texts, pa.string())), is_lost

    def _is_theirs(self, account: str, text: str) -> bool:
        if self._is_for_all or account == UNKNOWN_ACCOUNT or self._is_listed(account):
            return True
        if not self._may_name_one(text):
            return False
        # A key may stand twice, or in several places, with different accounts.
        return any(map(self._is_listed, _accounts_in(text)))

    def _is_listed(self, account: Any) -> bool:
        return isinstance(account, str) and account.strip().lower() in self._accounts

    def _may_name_one(self, text: str) -> bool:
        # Escaped, any character might be written as a number.
        lower = text.lower()
        return "\\u00" in lower or any(account in lower for account in self._accounts)


def filtered_event(text: str, form: str, account: str) -> str:
    """An event without what the allow-list leaves out, as JSON text in the usual spelling.

    `account` is the AccountSid that salts the hashes of linking keys. Raises ValueError or
    RecursionError if the text cannot be taken apart.
    """
    event = usual_spelling(first_of_each_key(text))
    if form == "webhook":
        kept = _fields(event, WEBHOOK_FIELDS, account)
    elif form == "rest":
        kept = _fields(event, REST_FIELDS, account)
        kept["event_data"] = _fields(_object(event.get("event_data")), EVENT_FIELDS, account)
    else:
        data = _object(event.get("data"))
        kept = _fields(event, CLOUD_FIELDS, account)
        kept["data"] = _fields(data, DATA_FIELDS, account)
        payload = _object(data.get("payload"))
        kept["data"]["payload"] = _fields(payload, PAYLOAD_FIELDS, account)
    return _json(kept)


def _fields(values: dict, names: Iterable[str], account: str) -> dict:
    kept = {}
    for name in names:
        value = values.get(name)
        if name in ATTRIBUTES_OF_TASK:
            value = _filtered_attributes(value, account)
        elif name in ATTRIBUTES_OF_WORKER:
            value = _json(attributes) if (attributes := _attributes(value)) else None
        if _is_scalar(value) and value is not None:
            kept[name] = value
    return kept


def _filtered_attributes(value: Any, account: str) -> str | None:
    attributes = _attributes(value)
    if attributes is None:
        return None
    direction = attributes.get("direction")
    if not str(direction).lower().startswith(DIRECTIONS) and attributes.get("outbound_to"):
        attributes["direction"] = "outbound"
    kept = _listed(attributes, ROOT_KEYS - {"conversations", "customers"})
    for name, keys in (("conversations", CONVERSATION_KEYS), ("customers", CUSTOMER_KEYS)):
        if isinstance(attributes.get(name), dict):
            kept[name] = _listed(attributes[name], keys)
    for name in LINKING_KEYS:
        if name in attributes and (text := _text(attributes[name])):
            kept[name] = _hashed_once(text, account)
    if (previous := attributes.get(PREVIOUS_TASK)) is not None and _is_scalar(previous):
        kept[PREVIOUS_TASK] = previous
    return _json(kept)


def _hashed_once(text: str, account: str) -> str:
    # What was filtered before keeps its hashes, or it would not fit what comes later.
    if HASH.fullmatch(text):
        return text
    return hashlib.sha256(f"{account}:{text}".encode()).hexdigest()


def _listed(values: dict, keys: set[str]) -> dict:
    return {
        key: value
        for key, value in values.items()
        if key in keys and (key in WHOLE_KEYS or _is_plain(value))
    }


def _attributes(value: Any) -> dict | None:
    """The object that attributes are, in JSON text as a rule; None if they are none."""
    if isinstance(value, str):
        try:
            value = first_of_each_key(value)
            _json(value).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _is_plain(value: Any) -> bool:
    return _is_scalar(value) or (isinstance(value, list) and all(map(_is_scalar, value)))


def _object(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A value as DuckDB and so the models read it: a text as it is, others as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, separators=(",", ":"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


class _Pairs(list):
    """An object as the list of its keys and values."""


def _accounts_in(text: str) -> Iterator[Any]:
    """Every account that an event names at any place where one may stand."""
    yield from _accounts_of(json.loads(text, object_pairs_hook=_Pairs))


def _accounts_of(pairs: Any) -> Iterator[Any]:
    for key, value in pairs if isinstance(pairs, _Pairs) else ():
        if key in ACCOUNT_KEYS:
            yield value
        elif key in INNER_KEYS:
            try:
                parsed = json.loads(value, object_pairs_hook=_Pairs)
            except (TypeError, ValueError, RecursionError):
                parsed = value
            yield from _accounts_of(parsed)
