"""Fetches TaskRouter's events from Twilio into the inbox.

Window by window, each of an hour at most, from a quarter of an hour before the watermark to now.
Twilio keeps events of 30 days; a watermark from before that leaves a gap, which is kept and said.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import stamina
from stamina.instrumentation import RetryDetails

from flex_insights.inbox import WORKSPACE_SID
from flex_insights.progress import Progress
from flex_insights.twilio.accounts import Account
from flex_insights.twilio.api import Api, Unusable
from flex_insights.twilio.errors import TwilioError
from flex_insights.twilio.pages import read_page
from flex_insights.twilio.protection import Protection
from flex_insights.twilio.store import OVERLAP, Store
from flex_insights.twilio.windows import PAGE_SIZE, iso, windows

# Attributes of older events come back empty. A little less, so that they do not grow too old meanwhile.
REACH = timedelta(days=30) - timedelta(minutes=5)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Fetched:
    """What a fetch brought of a workspace.

    `withheld` events of a protected account could not be filtered, and were not kept.
    """

    account: str
    workspace: str
    events: int
    withheld: int
    until: datetime


def now() -> datetime:
    return datetime.now(timezone.utc)


def fetch(
    accounts: Iterable[Account],
    data: Path,
    hipaa_accounts: Iterable[str],
    progress: Progress,
    connect: Callable[[Account], Api] = Api,
) -> None:
    """Brings the inbox up to date with all accounts, and prints what came.

    What goes wrong with one does not keep the others from being fetched; raises TwilioError with
    all of it in the end. Raises OSError at once.
    """
    protection = Protection(data, hipaa_accounts)
    errors = []

    def warn(text: str) -> None:
        progress.done()
        print(f"warning: {text}", file=sys.stderr)

    stamina.instrumentation.set_on_retry_hooks([partial(_tell_retry, progress)])
    for api in map(connect, accounts):
        try:
            workspaces = workspaces_of(api)
        except TwilioError as error:
            errors.append(str(error))
            continue
        for workspace in workspaces:
            try:
                fetched = fetch_workspace(api, workspace, data, protection, progress, warn)
            except TwilioError as error:
                errors.append(str(error))
            else:
                progress.done()
                print(*_summary(fetched), sep="\n")
    if errors:
        raise TwilioError("\n".join(dict.fromkeys(errors)))


def _tell_retry(progress: Progress, details: RetryDetails) -> None:
    error = details.caused_by
    what = str(error) if isinstance(error, Unusable) else type(error).__name__
    progress(f"Twilio does not answer as it should ({what}): trying again in {details.wait_for:.0f} s")


def _summary(fetched: Fetched) -> Iterator[str]:
    place = f"{fetched.account} {fetched.workspace}"
    yield f"{place}: {fetched.events:,} new events, up to {iso(fetched.until)}"
    if fetched.withheld:
        yield (
            f"{place}: {fetched.withheld:,} events were not kept, since the HIPAA allow-list cannot "
            "be applied to them"
        )


def workspaces_of(api: Api) -> list[str]:
    """SIDs of the workspaces to fetch. Raises TwilioError if there is none."""
    if api.account.workspaces:
        return list(api.account.workspaces)
    read = partial(read_page, key="workspaces")
    found, seen = [], set()
    page = api.get("/v1/Workspaces", read, {"PageSize": PAGE_SIZE})
    while True:
        found += [item.get("sid") for item in page.items if isinstance(item, dict)]
        if not page.next_path or page.next_path in seen:
            break
        seen.add(page.next_path)
        page = api.get(page.next_path, read)
    sids = [sid for sid in found if isinstance(sid, str) and WORKSPACE_SID.fullmatch(sid)]
    if not sids:
        raise TwilioError(
            f"{api.account.sid} has no workspace: check TWILIO_ACCOUNT_SID and TWILIO_REGION."
        )
    return list(dict.fromkeys(sids))


def fetch_workspace(
    api: Api,
    workspace: str,
    data: Path,
    protection: Protection,
    progress: Callable[[str], None],
    warn: Callable[[str], None],
    clock: Clock = now,
) -> Fetched:
    """Brings the inbox up to date with a workspace's events.

    `progress` and `warn` are called with a line of text each. What was fetched before an error
    is kept. Raises TwilioError, OSError.
    """
    account = api.account.sid
    protect = partial(protection.protect, account=account, form="rest")
    with Store(data, account, workspace, protect) as store:
        end = _twilios_now(api, workspace, clock)
        start, gap = _start(store.watermark, end)
        if gap:
            store.add_gap(*gap)
            warn(
                f"{account} {workspace}: nothing was fetched from {iso(gap[0])} to {iso(gap[1])}, and "
                "Twilio does not keep events for longer. Numbers of that time will be incomplete."
            )
        tell = _Progress(progress, f"Fetching {account} {workspace}", start, end)
        for since, until, events in windows(api, workspace, start, end):
            store.commit(events, since, until)
            tell(until, store.written)
        return Fetched(account, workspace, store.written, store.withheld, store.watermark or end)


def _twilios_now(api: Api, workspace: str, clock: Clock) -> datetime:
    """The time by Twilio's clock: with ours, events would be missed if it were fast.

    The request also finds out whether the workspace is there at all.
    """
    api.get(f"/v1/Workspaces/{workspace}", lambda body: body)
    return (api.server_time or clock()).replace(microsecond=0)


def _start(
    watermark: datetime | None, end: datetime
) -> tuple[datetime, tuple[datetime, datetime] | None]:
    """Where to start, and what lies between the watermark and the oldest that Twilio still has."""
    oldest = end - REACH
    if watermark is None:
        return oldest, None
    if watermark < oldest:
        return oldest, (watermark, oldest)
    return max(watermark - OVERLAP, oldest), None


class _Progress:
    """Says how far a fetch is, and how long the rest may take."""

    def __init__(self, say: Callable[[str], None], what: str, start: datetime, end: datetime):
        self._say, self._what, self._start, self._end = say, what, start, end
        self._started = time.monotonic()

    def __call__(self, until: datetime, events: int) -> None:
        share = (until - self._start) / (self._end - self._start)
        left = (time.monotonic() - self._started) * (1 - share) / share
        reached = f"up to {until:%Y-%m-%d %H:%M}, {events:,} events"
        self._say(f"{self._what}: {reached}, about {_duration(left)} left")


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
