"""Redaction, erasure and retention: what has to go is removed from everything written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from flex_insights.build_lock import only_build_on
from flex_insights.loading.commit import discard, recover
from flex_insights.loading.landing import last_load_id, raw_folder
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import build_marts
from flex_insights.settings import Settings

from flex_insights.privacy.errors import WrongUse
from flex_insights.privacy.expire import expire, midnight
from flex_insights.privacy.forget import forget
from flex_insights.privacy.mentions import WITHHELD, normalised
from flex_insights.privacy.redact import redact
from flex_insights.privacy.take_out import take_out

# Does the work and says in lines what it did.
Act = Callable[[Progress], list[str]]


def run(settings: Settings, act: Act, needs_marts: bool) -> None:
    """Does it under the lock of the data folder, then builds and publishes what remains."""
    if not settings.raw.exists():
        raise WrongUse(f"{settings.data} holds nothing that was loaded: set DATA to the folder meant.")
    with only_build_on(settings.data), Progress() as progress:
        recover(settings.data)
        try:
            if needs_marts and not is_current(settings):
                print("Bringing the marts up to date")
                build_marts(settings, progress)
            said = act(progress)
        finally:
            discard(settings.data)
        print("Building and testing the marts")
        build_marts(settings, progress)
        print("Publishing")
        publish(settings, progress)
    print(*said, sep="\n")
    print("Nothing else was changed: delete event files and copies of your own yourself.")


def is_current(settings: Settings) -> bool:
    """Whether all that has landed is in the tables."""
    if not settings.database.exists():
        return False
    try:
        with duckdb.connect(str(settings.database), read_only=True) as connection:
            state = connection.execute(
                "select is_complete, processed_load_id from staging.build_state"
            ).fetchone()
    except duckdb.Error:
        return False
    return state is not None and state[0] and state[1] >= last_load_id(settings.data)


def _check_is_here(data: Path, account: str) -> None:
    if not (data / raw_folder(account)).exists():
        raise WrongUse(f"ACCOUNT={account} has no events in {data}: name one AccountSid as events spell it.")


def _values(text: str) -> list[str]:
    values = [value.strip() for value in text.split(",") if value.strip()]
    if not values:
        raise WrongUse("CUSTOMER is empty: name a phone number, e-mail address or external id.")
    for value in values:
        if normalised(value) in WITHHELD:
            raise WrongUse(f"CUSTOMER={value} stands for all who withhold their number.")
    return values


def run_action(action: str, settings: Settings, given: Mapping[str, str]) -> None:
    """Runs redact, forget or expire; `given` has what it needs of ACCOUNT, CUSTOMER, TASK and
    BEFORE.

    Raises WrongUse if that is missing or wrong.
    """
    # What has to go is found in the marts that DuckDB builds.
    settings = replace(settings, engine="duckdb")
    # Events that no build accepts are removed from the landing zone, whatever state the marts are in.
    needs_marts = action != "redact" and not given.get("TASK", "").strip()
    run(settings, _act(action, settings, given), needs_marts)


def _sids(text: str) -> list[str]:
    sids = [sid.strip() for sid in text.split(",") if sid.strip()]
    for sid in sids:
        if not re.fullmatch(r"W[TK]\w+", sid):
            raise WrongUse(f"TASK={sid} is not the SID of a task or worker: it begins with WT or WK.")
    return sids


def _act(action: str, settings: Settings, given: Mapping[str, str]) -> Act:
    """What to do, with all that it needs. Raises WrongUse if something is missing."""
    data, database = settings.data, settings.database
    account = given.get("ACCOUNT", "").strip()
    if action == "redact":
        accounts = [part.strip() for part in account.split(",") if part.strip()]
        if not accounts:
            raise WrongUse("ACCOUNT is empty: name an AccountSid, or all.")
        for one in accounts:
            if one != "all":
                _check_is_here(data, one)
        return lambda told: redact(data, accounts, told)
    if action == "forget":
        if account:
            _check_is_here(data, account)
        if sids := _sids(given.get("TASK", "")):
            if given.get("CUSTOMER", "").strip():
                raise WrongUse("CUSTOMER and TASK are two commands: give one of them.")
            return lambda told: take_out(data, sids, account or None, told)
        values = _values(given.get("CUSTOMER", ""))
        return lambda told: forget(data, database, values, account or None, told)
    before = midnight(given.get("BEFORE", ""), settings.reporting_time_zone)
    return lambda told: expire(data, database, before, told)
