"""The accounts that `fetch` asks Twilio about, and how it signs in."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flex_insights.settings import SettingsError
from flex_insights.inbox import ACCOUNT_SID, WORKSPACE_SID
from flex_insights.twilio.secret_settings import read_secret

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
HOST_PART = re.compile(r"[a-z0-9-]+")
KEYS = {"sid", "api_key", "api_secret", "auth_token", "workspaces", "region", "edge"}


@dataclass(frozen=True)
class Account:
    """An account and its credentials: an API key and its secret, or the SID and its auth token.

    `workspaces` are SIDs; empty stands for all.
    """

    sid: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    workspaces: tuple[str, ...] = ()
    region: str | None = None
    edge: str | None = None


def read_accounts(environment: Mapping[str, str], file: Path | None = None) -> list[Account]:
    """The accounts of a TOML file, or the one of the environment.

    Raises SettingsError with one sentence, which names no secret.
    """
    if file:
        return _accounts_of_file(environment, file)
    return [_account_of_environment(environment)]


def _account_of_environment(environment: Mapping[str, str]) -> Account:
    sid = _sid(environment.get("TWILIO_ACCOUNT_SID") or "", "TWILIO_ACCOUNT_SID")
    key = read_secret(environment, "TWILIO_API_KEY")
    secret = read_secret(environment, "TWILIO_API_SECRET")
    token = read_secret(environment, "TWILIO_AUTH_TOKEN")
    if bool(key) != bool(secret):
        missing = "TWILIO_API_SECRET" if key else "TWILIO_API_KEY"
        raise SettingsError(f"{missing} is not set: an API key and its secret go together.")
    if not secret and not token:
        raise SettingsError(
            "No credentials: set TWILIO_API_KEY and TWILIO_API_SECRET, or TWILIO_AUTH_TOKEN "
            "(or name files that hold them: TWILIO_API_SECRET_FILE=…)."
        )
    return Account(
        sid=sid,
        username=key or sid,
        password=secret or token,
        workspaces=_workspaces((environment.get("TWILIO_WORKSPACES") or "").split(","), "TWILIO_WORKSPACES"),
        region=_host_part(environment.get("TWILIO_REGION"), "TWILIO_REGION"),
        edge=_host_part(environment.get("TWILIO_EDGE"), "TWILIO_EDGE"),
    )


def _accounts_of_file(environment: Mapping[str, str], file: Path) -> list[Account]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        # Its message may quote what stands there; only the place is safe to print.
        place = re.search(r"\(at (.*)\)$", str(error))
        where = f" ({place[1]})" if place else ""
        raise SettingsError(f"{file} is not TOML{where}.") from None
    tables = content.get("account")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{file} names no accounts: write an [[account]] table for each.")
    accounts = [
        _account_of_table(environment, table, f"{file}, account {number}")
        for number, table in enumerate(tables, 1)
    ]
    if len({account.sid for account in accounts}) < len(accounts):
        raise SettingsError(f"{file} names an account twice.")
    return accounts


def _account_of_table(environment: Mapping[str, str], table: dict[str, Any], where: str) -> Account:
    # A key that is not known is not printed: it might be a secret in the wrong place.
    if set(table) - KEYS:
        raise SettingsError(f"{where}: known keys are {', '.join(sorted(KEYS))}, and it has others.")
    sid = _sid(table.get("sid", ""), f"{where}: sid")
    if "api_secret" in table:
        username = _named_secret(environment, table, "api_key", where)
        password = _named_secret(environment, table, "api_secret", where)
    elif "auth_token" in table:
        username, password = sid, _named_secret(environment, table, "auth_token", where)
    else:
        raise SettingsError(f"{where}: name the variables api_key and api_secret, or auth_token.")
    workspaces = table.get("workspaces", [])
    if not isinstance(workspaces, list):
        raise SettingsError(f"{where}: workspaces must be a list of SIDs.")
    return Account(
        sid=sid,
        username=username,
        password=password,
        workspaces=_workspaces(workspaces, f"{where}: workspaces"),
        region=_host_part(table.get("region"), f"{where}: region"),
        edge=_host_part(table.get("edge"), f"{where}: edge"),
    )


def _named_secret(
    environment: Mapping[str, str], table: dict[str, Any], key: str, where: str
) -> str:
    name = table.get(key)
    if not isinstance(name, str) or not VARIABLE.fullmatch(name):
        raise SettingsError(
            f"{where}: {key} must be the name of an environment variable, in capital letters, "
            "never the secret itself."
        )
    secret = read_secret(environment, name)
    if not secret:
        raise SettingsError(f"{where}: {key} names {name}, and neither it nor {name}_FILE is set.")
    return secret


def _sid(text: Any, what: str) -> str:
    if not text:
        raise SettingsError(f"{what} is not set: name an AccountSid.")
    if not isinstance(text, str) or not ACCOUNT_SID.fullmatch(text):
        raise SettingsError(f"{what} is no AccountSid (AC and 32 hexadecimal digits).")
    return text


def _workspaces(names: list[Any], what: str) -> tuple[str, ...]:
    sids = tuple(dict.fromkeys(str(name).strip() for name in names if str(name).strip()))
    for sid in sids:
        if not WORKSPACE_SID.fullmatch(sid):
            raise SettingsError(f"{what} holds {sid}, which is no WorkspaceSid (WS and 32 hexadecimal digits).")
    return sids


def _host_part(name: Any, what: str) -> str | None:
    if not name:
        return None
    if not isinstance(name, str) or not HOST_PART.fullmatch(name):
        raise SettingsError(f"{what} is no name of a region or edge, such as ie1 or dublin.")
    return name
