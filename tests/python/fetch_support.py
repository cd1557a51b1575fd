"""Fetches from the fake Twilio into a data folder."""

import json

from datetime import timedelta

from fake_twilio import (
    ACCOUNT,
    API_KEY,
    API_SECRET,
    NOW,
    WORKSPACE,
    LocalHttpClient,
    spread_events,
)

from flex_insights.twilio.accounts import Account
from flex_insights.twilio.api import Api
from flex_insights.twilio.fetch import fetch_workspace
from flex_insights.inbox import inbox_files, make_folder
from flex_insights.twilio.protection import Protection


def api_of(port, **changes):
    settings = {"sid": ACCOUNT, "username": API_KEY, "password": API_SECRET} | changes
    return Api(Account(**settings), LocalHttpClient(port))


def fetch(port, data, hipaa_accounts=(), warn=None, progress=None, workspace=WORKSPACE, **changes):
    protection = Protection(data, hipaa_accounts)
    return fetch_workspace(
        api_of(port, **changes),
        workspace,
        data,
        protection,
        progress or (lambda text: None),
        warn or (lambda text: None),
    )


def inbox_lines(data):
    """The lines of all files that a load would read."""
    return [line for path in inbox_files(data) for line in path.read_text("utf-8").splitlines()]


def inbox_sids(data):
    return sorted(json.loads(line)["sid"] for line in inbox_lines(data))


DAYS = timedelta(days=2)


def recent_events(count):
    """Events of the last two days."""
    return spread_events(count, span=DAYS - timedelta(minutes=1))


def fetched_before(data, until=NOW - DAYS):
    """As if an earlier fetch had found no event; without it, each fetch would ask for 30 days."""
    state = make_folder(data, ACCOUNT, WORKSPACE) / ".fetch.json"
    state.write_text(json.dumps({"watermark": until.isoformat()}))
    state.chmod(0o600)
    return data
