"""The settings of `receive`, from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flex_insights.settings import SettingsError
from flex_insights.inbox import ACCOUNT_SID
from flex_insights.twilio.receive import Receiving
from flex_insights.twilio.secret_settings import read_secret

TOKENS, KEYS, SUBACCOUNTS = "TWILIO_AUTH_TOKENS", "TWILIO_SHARED_KEYS", "TWILIO_SUBACCOUNTS"


def read_receiving(
    environment: Mapping[str, str], data: Path, public_url: str, hipaa_accounts: frozenset[str]
) -> Receiving:
    """What to receive, and from whom.

    Raises SettingsError with one sentence, which names no secret.
    """
    tokens = _pairs(read_secret(environment, TOKENS), TOKENS, "token")
    shared_keys = _pairs(read_secret(environment, KEYS), KEYS, "key")
    if not tokens and not shared_keys:
        raise SettingsError(
            f"{TOKENS} is not set: name AccountSid:token, several with commas (or a file that holds "
            f"them: {TOKENS}_FILE=…). Without it anybody could send events."
        )
    subaccounts = _pairs(environment.get(SUBACCOUNTS) or "", SUBACCOUNTS, "AccountSid")
    for account in (sid for sids in subaccounts.values() for sid in sids):
        if not ACCOUNT_SID.fullmatch(account):
            raise SettingsError(
                f"{SUBACCOUNTS} holds {account}, which is no AccountSid (AC and 32 hexadecimal digits)."
            )
    return Receiving(data, _checked_url(public_url), tokens, shared_keys, subaccounts, hipaa_accounts)


def _pairs(text: str, variable: str, what: str) -> dict[str, list[str]]:
    """The values of each account in `AC…:value,…`, separated by commas or lines."""
    pairs: dict[str, list[str]] = {}
    for number, entry in enumerate(filter(None, map(str.strip, re.split(r"[,\n]", text))), 1):
        account, colon, value = (part.strip() for part in entry.partition(":"))
        if not ACCOUNT_SID.fullmatch(account) or not value:
            raise SettingsError(f"{variable}, entry {number}: must be AccountSid:{what}, as in AC….:….")
        pairs.setdefault(account, []).append(value)
    return pairs


def _checked_url(url: str) -> str:
    if not url:
        raise SettingsError(
            "PUBLIC_URL is not set: name the address that Twilio posts to, up to /taskrouter "
            "(https://events.example.com); signatures are made over it."
        )
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.path.endswith(("/taskrouter", "/taskrouter/")):
        raise SettingsError(
            "PUBLIC_URL must be an address like https://events.example.com, without the part from "
            "/taskrouter on."
        )
    return url.rstrip("/")
