"""All events between two times, however little of them Twilio gives at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from flex_insights.twilio.api import Api, TooMuch
from flex_insights.twilio.errors import TwilioError
from flex_insights.twilio.pages import FetchedEvent, read_events

LONGEST_WINDOW = timedelta(hours=1)
SHORTEST_WINDOW = timedelta(seconds=1)
PAGE_SIZE, SMALL_PAGE_SIZE = 1000, 100


def windows(
    api: Api, workspace: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, list[FetchedEvent]]]:
    """Windows in turn: start, end, and all events between them."""
    length = LONGEST_WINDOW
    while start < end:
        until = min(start + length, end)
        events = _events_between(api, workspace, start, until)
        if events is not None:
            yield start, until, events
            start, length = until, min(length * 2, LONGEST_WINDOW)
        elif until - start > SHORTEST_WINDOW:
            half = timedelta(seconds=(until - start) // SHORTEST_WINDOW // 2)
            length = max(half, SHORTEST_WINDOW)
        else:
            raise TwilioError(
                f"Twilio gives only a part of the events of {workspace} at {iso(start)}: more than a page "
                "within a second, and no next page. What was fetched so far is kept; ask Twilio's "
                "support about paging."
            )


def _events_between(
    api: Api, workspace: str, start: datetime, end: datetime
) -> list[FetchedEvent] | None:
    """The events of a window, both ends included; None if Twilio leaves some of them out."""
    try:
        return paged(api, workspace, start, end, PAGE_SIZE, asks_for_much=True)
    except TooMuch:
        pass
    events = paged(api, workspace, start, end, SMALL_PAGE_SIZE)
    if events is None and end - start <= SHORTEST_WINDOW:
        return paged(api, workspace, start, end, PAGE_SIZE)
    return events


def paged(
    api: Api,
    workspace: str,
    start: datetime,
    end: datetime,
    page_size: int,
    asks_for_much: bool = False,
) -> list[FetchedEvent] | None:
    params = {"StartDate": iso(start), "EndDate": iso(end), "PageSize": page_size}
    page = api.get(f"/v1/Workspaces/{workspace}/Events", read_events, params, asks_for_much)
    events, followed = list(page.items), set()
    while page.next_path:
        if page.next_path in followed:
            return None
        followed.add(page.next_path)
        page = api.get(page.next_path, read_events, asks_for_much=asks_for_much)
        events += page.items
    # A page as full as this one may have been cut off, unless there were links before it.
    is_full = len(page.items) >= min(page_size, page.size or page_size)
    return None if is_full and not followed else events


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
