"""What Twilio's list requests answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flex_insights.twilio.api import Unusable
from flex_insights.twilio.event_texts import event_texts


@dataclass(frozen=True)
class FetchedEvent:
    """An event as Twilio sent it.

    `sid` is a hash of the text where the event has none; `time_ms`, since 1970, may be None.
    """

    sid: str
    time_ms: int | None
    text: str


@dataclass(frozen=True)
class Page:
    """A page of a list. `next_path` is where the next one is on the same host, if there is one.

    `size` is how many things a full page has, as far as the answer says so.
    """

    items: list[Any]
    next_path: str | None
    size: int | None


def read_page(text: str, key: str) -> Page:
    """A page whose things are under `key`. Raises Unusable if the text is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise Unusable("a body that is no JSON, or was cut off") from None
    meta = body.get("meta") if isinstance(body, dict) else None
    if not isinstance(meta, dict) or not isinstance(body.get(key), list):
        raise Unusable(f"a body that is no list of {key}")
    size = meta.get("page_size")
    return Page(body[key], _path_on_our_host(meta.get("next_page_url")), _count(size))


def read_events(text: str) -> Page:
    """A page of events, each a FetchedEvent. Raises Unusable if the text is none."""
    page = read_page(text, "events")
    texts = event_texts(text)
    if texts is None or len(texts) != len(page.items):
        raise Unusable("a page that holds something else than events")
    events = [_event(item, own_text) for item, own_text in zip(page.items, texts)]
    return Page(events, page.next_path, page.size)


def _event(item: dict[str, Any], text: str) -> FetchedEvent:
    sid = item.get("sid")
    if not isinstance(sid, str) or not sid:
        sid = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return FetchedEvent(sid, _count(item.get("event_date_ms")), text)


def _count(value: Any) -> int | None:
    """A number, perhaps as text."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _path_on_our_host(url: Any) -> str | None:
    """Path and query of a link. Where it leads apart from that is not for the answer to choose."""
    if not url or not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if not parts.path.startswith("/"):
        raise Unusable("a link to the next page that is no address")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
