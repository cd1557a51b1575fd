"""The server that Twilio pushes events to: TaskRouter's callback and Event Streams' webhook sink.

`POST /taskrouter/<AccountSid>` takes both, a form and JSON; it answers 200 when the events are on
the disk, 403 to what Twilio has not signed for that account, 503 where Twilio shall try again.
`GET /health` tells a supervisor. TLS and everything else that a public address needs is for the
proxy before it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER

from flex_insights.twilio.event_texts import event_texts
from flex_insights.twilio.group_commit import GroupCommit, Overloaded, Place
from flex_insights.inbox import ACCOUNT_SID
from flex_insights.twilio.protection import Protection
from flex_insights.twilio.signatures import Signatures

LARGEST_BODY = 8 << 20
LARGEST_FORM = 1000  # fields
FORM = "application/x-www-form-urlencoded"
TEST_EVENT = "com.twilio.eventstreams.test-event"
ACCOUNT_KEYS = ("AccountSid", "account_sid", "accountSid")
WORKSPACE_KEYS = ("WorkspaceSid", "workspace_sid", "workspaceSid")
SECONDS_BETWEEN_LINES = 60

log = logging.getLogger("flex_insights.receive")


@dataclass(frozen=True)
class Receiving:
    """What a receiver needs: where to write, who may send, whose events.

    `subaccounts` are those whose events an account's sink may bring along.
    """

    data: Path
    public_url: str
    tokens: Mapping[str, Sequence[str]] = field(repr=False)
    shared_keys: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    subaccounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hipaa_accounts: frozenset[str] = frozenset()


class Refused(Exception):
    """A request that is not taken, with the status of the answer and why."""

    def __init__(self, status: int, why: str):
        super().__init__(why)
        self.status, self.why = status, why


@dataclass
class Received:
    """The events of a request as the loader knows them: JSON texts by place and form."""

    texts: dict[tuple[Place, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    test_ids: list[str] = field(default_factory=list)


def make_app(receiving: Receiving) -> Starlette:
    """The server as an ASGI application."""
    receiver = Receiver(receiving)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        receiver.start()
        try:
            yield
        finally:
            await asyncio.to_thread(receiver.stop)

    return Starlette(
        routes=[
            Route("/taskrouter/{account}", receiver.push, methods=["POST"]),
            Route("/health", receiver.health, methods=["GET"]),
        ],
        lifespan=lifespan,
    )


class Receiver:
    """Takes requests one by one; what it counts is since its start."""

    def __init__(self, receiving: Receiving):
        self._receiving = receiving
        self._signatures = Signatures(receiving.public_url, receiving.tokens, receiving.shared_keys)
        self._protection = Protection(receiving.data, receiving.hipaa_accounts)
        self._say = _Sparingly()
        self._counts: Counter[str] = Counter()

    def start(self) -> None:
        self._writer = GroupCommit(self._receiving.data)

    def stop(self) -> None:
        self._writer.stop()

    async def health(self, _: Request) -> Response:
        error = self._writer.last_error
        state = {
            "status": "failing" if error else "ok",
            "events": self._counts["events"],
            "withheld": self._counts["withheld"],
            "test_events": self._counts["test events"],
            "failed_requests": self._counts["failed"],
            "refused_requests": self._counts["refused"],
        }
        return JSONResponse(state, 503 if error else 200)

    async def push(self, request: Request) -> Response:
        account = request.path_params["account"]
        try:
            events = await self._read(request, account)
            lines = self._lines(events)
            if lines:
                await asyncio.wrap_future(self._writer.submit(lines))
        except Refused as refusal:
            self._counts["refused"] += 1
            # Anybody can ask for any path.
            shown = account if ACCOUNT_SID.fullmatch(account) else "an unknown account"
            self._say(logging.WARNING, f"Refused for {shown}: {refusal.why}")
            return Response(status_code=refusal.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            # Whatever it is: with this answer, Twilio sends the events again.
            self._fail(error)
            return Response(status_code=503)
        for test_id in events.test_ids:
            log.info("Test event of a sink of %s: test_id %s", account, test_id)
        self._counts["test events"] += len(events.test_ids)
        self._counts["events"] += sum(text.count(b"\n") for text in lines.values())
        return Response(status_code=200)

    def _fail(self, error: Exception) -> None:
        self._counts["failed"] += 1
        if isinstance(error, Overloaded):
            what = "Events come faster than the disk takes them"
        elif isinstance(error, OSError):
            what = f"Events cannot be written ({error.strerror})"
        else:
            # Its message might hold what was sent.
            place = error.__traceback__
            while place.tb_next:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
            what = f"Error of the program, {type(error).__name__} at {where}"
        self._say(logging.ERROR, f"{what}: answered 503")

    async def _read(self, request: Request, account: str) -> Received:
        """The events of a request that may be taken. Raises Refused."""
        if not self._signatures.knows(account):
            raise Refused(403, "the path names no account of TWILIO_AUTH_TOKENS")
        body = await _body(request)
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
        content = _content(body, is_form)
        target = request.scope["raw_path"] + (b"?" + query if (query := request.scope["query_string"]) else b"")
        if not self._signatures.is_valid(
            account,
            target.decode("latin-1"),
            content,
            request.headers.get(SIGNATURE_HEADER),
            request.headers.get(SIGNATURE_SETTINGS_HEADER),
        ):
            raise Refused(403, "the signature is missing or wrong")
        texts = [_form_as_json(content)] if is_form else event_texts(content)
        if texts is None or texts == ["{}"]:
            raise Refused(400, "the body holds no events")
        return self._sorted(texts, account)

    def _sorted(self, texts: list[str], account: str) -> Received:
        received = Received()
        allowed = {account, *self._receiving.subaccounts.get(account, ())}
        for text in texts:
            try:
                event = json.loads(text)
            except (ValueError, RecursionError):
                raise Refused(400, "the body holds no events") from None
            if event.get("type") == TEST_EVENT:
                received.test_ids.append(_test_id(event))
                continue
            named = list(_named(event, ACCOUNT_KEYS))
            if not allowed.issuperset(named):
                raise Refused(403, "an event is another account's (TWILIO_SUBACCOUNTS may list it)")
            place = (named[0] if named else account, next(_named(event, WORKSPACE_KEYS), ""))
            received.texts[place, _form(event)].append(text)
        return received

    def _lines(self, received: Received) -> dict[Place, bytes]:
        lines: dict[Place, bytes] = defaultdict(bytes)
        for (place, form), texts in received.texts.items():
            kept = self._protection.protect(texts, place[0], form)
            self._counts["withheld"] += len(texts) - len(kept)
            if kept:
                lines[place] += "".join(f"{text}\n" for text in kept).encode("utf-8", "replace")
        return lines


async def _body(request: Request) -> bytes:
    """The body. Raises Refused if it is too large, having read no more than that takes to know."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        raise Refused(413, "the body is larger than 8 MiB")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413, "the body is larger than 8 MiB")
    return bytes(body)


def _content(body: bytes, is_form: bool) -> ImmutableMultiDict[str, str] | str:
    """The values of a form, blank ones too, or the text of any other body. Raises Refused."""
    try:
        text = body.decode()
        if not is_form:
            return text
        return ImmutableMultiDict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=LARGEST_FORM)
        )
    except ValueError:
        raise Refused(403, "the body is not what Twilio signs") from None


def _form_as_json(form: ImmutableMultiDict[str, str]) -> str:
    values: dict[str, str] = {}
    for name, value in form.multi_items():
        values.setdefault(name, value)
    return json.dumps(values, ensure_ascii=False)


def _form(event: dict[str, Any]) -> str:
    if "EventType" in event:
        return "webhook"
    return "rest" if "event_type" in event else "event_streams"


def _named(event: dict[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    """What an event names under keys, wherever its forms have them."""
    data = _object(event.get("data"))
    for part in (_object(data.get("payload")), data, _object(event.get("event_data")), event):
        for key in keys:
            if value := part.get(key):
                yield str(value)


def _object(value: Any) -> dict[str, Any]:
    """An object, which may be in JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _test_id(event: dict[str, Any]) -> str:
    return re.sub(r"[^0-9A-Za-z-]", "", str(_object(event.get("data")).get("test_id")))[:64]


class _Sparingly:
    """Logs a text, and then once a minute how often there was reason to."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._said_at: dict[str, float] = {}

    def __call__(self, level: int, text: str) -> None:
        self._times[text] += 1
        now = time.monotonic()
        if now - self._said_at.get(text, -math.inf) >= SECONDS_BETWEEN_LINES:
            log.log(level, "%s (%d times so far)", text, self._times[text])
            self._said_at[text] = now
