"""Requests as Twilio sends them: signed with Twilio's own validator, over the address it was given."""

import hashlib
import json
from urllib.parse import urlencode

from loading_support import ACCOUNT, stream, webhook
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from flex_insights.inbox import inbox_files
from flex_insights.twilio.receive import Receiving, make_app

PUBLIC_URL = "https://events.example.com"
TOKEN, NEXT_TOKEN = "0" * 31 + "a", "0" * 31 + "b"
SHARED_KEY = "shared-key-of-the-account"
OTHER, OTHER_TOKEN = "AC" + "9" * 32, "0" * 31 + "c"
SUBACCOUNT = "AC" + "8" * 32
PATH = f"/taskrouter/{ACCOUNT}"
FORM = "application/x-www-form-urlencoded"
SETTINGS = "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256"


def receiving(data, **changes):
    settings = {
        "data": data,
        "public_url": PUBLIC_URL,
        "tokens": {ACCOUNT: [TOKEN, NEXT_TOKEN], OTHER: [OTHER_TOKEN]},
        "shared_keys": {ACCOUNT: [SHARED_KEY]},
        "subaccounts": {ACCOUNT: [SUBACCOUNT]},
    }
    return Receiving(**settings | changes)


def client(data, **changes):
    """A context: a client of a running receiver."""
    return TestClient(make_app(receiving(data, **changes)), base_url="http://127.0.0.1:8080")


def form_request(event, token=TOKEN, url=PUBLIC_URL, path=PATH, algorithm=None):
    """Target, body and headers of TaskRouter's callback."""
    signature = RequestValidator(token).compute_signature(url + path, event, algorithm)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    return path, urlencode(event), headers


def json_request(events, token=TOKEN, url=PUBLIC_URL, path=PATH, algorithm=None):
    """Target, body and headers of Event Streams' webhook sink; `events` may be the body's text."""
    body = events if isinstance(events, str) else json.dumps(events)
    target = f"{path}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(token).compute_signature(url + target, {}, algorithm)
    return target, body, {"Content-Type": "application/json", "X-Twilio-Signature": signature}


def post(client, target, body, headers):
    return client.post(target, content=body.encode() if isinstance(body, str) else body, headers=headers)


def inbox_events(data):
    return [json.loads(line) for path in inbox_files(data) for line in path.read_text("utf-8").splitlines()]


__all__ = ["ACCOUNT", "stream", "webhook"]
