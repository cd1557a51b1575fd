"""Asks Twilio's API: with Twilio's library, and again and again where it fails for the moment."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import stamina
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ContentDecodingError,
    RequestException,
    Timeout,
)
from twilio.base.client_base import ClientBase
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from flex_insights.twilio.accounts import Account
from flex_insights.twilio.errors import TwilioError

HOST = "https://taskrouter.twilio.com"
SECONDS_TO_ANSWER = 60
ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT, JITTER = 0.5, 30.0, 1.0
# An answer that asks for more patience than this is taken for one that asks for this much.
LONGEST_RETRY_AFTER = 3600.0
PASSING_FAULTS = (ConnectionError, Timeout, ChunkedEncodingError, ContentDecodingError)

T = TypeVar("T")


class Unusable(Exception):
    """An answer that another try may better; `retry_after` are the seconds that Twilio asks for."""

    def __init__(self, what: str, retry_after: float | None = None):
        super().__init__(what)
        self.retry_after = retry_after


class TooMuch(Exception):
    """The server failed on a request that asks for much."""


class Api:
    """An account's API. `http_client` is Twilio's own unless a test brings another."""

    def __init__(self, account: Account, http_client: HttpClient | None = None):
        self.account = account
        self.server_time: datetime | None = None  # of the last answer
        # `environment` without any of Twilio's variables: only the account says where and as whom.
        self._client = ClientBase(
            username=account.username,
            password=account.password,
            account_sid=account.sid,
            region=account.region,
            edge=account.edge,
            http_client=http_client or TwilioHttpClient(timeout=SECONDS_TO_ANSWER),
            environment={"": ""},
        )

    def get(
        self,
        path: str,
        parse: Callable[[str], T],
        params: dict[str, Any] | None = None,
        asks_for_much: bool = False,
    ) -> T:
        """What `parse` makes of the body at a path (with its query, if `params` are None).

        Tries again while `parse` raises Unusable, at 429, at 5xx and when the connection fails.
        Raises TwilioError if that does not help or is no use, and TooMuch at once if
        `asks_for_much` and the server says 500.
        """
        try:
            for attempt in stamina.retry_context(
                on=_wait_before_next_try,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=FIRST_WAIT,
                wait_max=LONGEST_WAIT,
                wait_jitter=JITTER,
            ):
                with attempt:
                    return parse(self._body(path, params, asks_for_much))
        except Unusable as error:
            raise TwilioError(
                f"Twilio gave no usable answer in {ATTEMPTS} tries (the last: {error}): "
                "what was fetched so far is kept, fetch again later."
            ) from None
        except RequestException as error:
            raise TwilioError(
                f"Twilio cannot be reached at {self.host} ({_without_details(error)}): "
                "check the network, TWILIO_REGION and TWILIO_EDGE; what was fetched so far is kept."
            ) from None
        raise AssertionError("unreachable")

    @property
    def host(self) -> str:
        return urlsplit(self._client.get_hostname(HOST)).netloc

    def _body(self, path: str, params: dict[str, Any] | None, asks_for_much: bool) -> str:
        response = self._client.request("GET", HOST + path, params=params)
        headers = {name.lower(): value for name, value in (response.headers or {}).items()}
        self.server_time = _http_date(headers.get("date")) or self.server_time
        status = response.status_code
        if status == 200:
            return response.text
        if status == 500 and asks_for_much:
            raise TooMuch
        if status == 429 or status >= 500:
            raise Unusable(f"status {status}", self._retry_after(headers.get("retry-after")))
        raise TwilioError(self._refusal(status, path, response))

    def _retry_after(self, text: str | None) -> float | None:
        """Seconds, of a header that has seconds or a time."""
        text = (text or "").strip()
        if text.isdigit():
            seconds = float(text)
        elif moment := _http_date(text):
            now = self.server_time or datetime.now(timezone.utc)
            seconds = (moment - now).total_seconds()
        else:
            return None
        return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)

    def _refusal(self, status: int, path: str, response: Response) -> str:
        sid = self.account.sid
        said = f" (Twilio says: {message})" if (message := self._message(response)) else ""
        if status == 401:
            return (
                f"Twilio does not accept the credentials of {sid}{said}: check key and secret, or "
                "the auth token."
            )
        if status == 403:
            return (
                f"The credentials of {sid} may not read TaskRouter{said}: give the API key that "
                "permission."
            )
        place = urlsplit(path).path
        if status == 404:
            return (
                f"Twilio knows no {place} in {sid}{said}: check TWILIO_WORKSPACES and TWILIO_REGION."
            )
        return f"Twilio answers {place} with status {status}{said}: this cannot be fetched."

    def _message(self, response: Response) -> str:
        try:
            message = json.loads(response.text)["message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        text = " ".join(str(message).split())[:200]
        for secret in {self.account.password, self.account.username} - {self.account.sid}:
            text = text.replace(secret, "…")
        return text


def _wait_before_next_try(error: Exception) -> bool | float:
    """For stamina: whether to try again, or in how many seconds."""
    if isinstance(error, Unusable):
        if error.retry_after is None:
            return True
        return error.retry_after + random.uniform(0, JITTER)
    return isinstance(error, PASSING_FAULTS)


def _without_details(error: RequestException) -> str:
    # Its text may hold a proxy's address with a password.
    return type(error).__name__


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
