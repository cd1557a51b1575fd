"""Redaction, erasure and retention: what has to go is removed from everything written."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from flex_insights.build_lock import only_build_on
from flex_insights.database import rebuilding_if_damaged
from flex_insights.inbox import NAME as INBOX
from flex_insights.inbox import is_in_use
from flex_insights.load_events import LoadError, load_events
from flex_insights.loading.commit import discard, recover
from flex_insights.loading.damage import damaged_files
from flex_insights.loading.landing import last_load_id, raw_folder
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import DbtError, build_marts, build_models
from flex_insights.settings import Settings

from flex_insights.privacy.arrivals import erase_arrivals
from flex_insights.privacy.errors import NotBuiltAgain, WrongUse
from flex_insights.privacy.expire import RETENTION_MODELS, expire, midnight
from flex_insights.privacy.forget import TASK_MODELS, forget
from flex_insights.privacy.mentions import is_withheld
from flex_insights.privacy.numbers import countries
from flex_insights.privacy.redact import redact
from flex_insights.privacy.take_out import take_out, take_out_arrivals
from flex_insights.privacy.withdrawal import Erasure

# In which models each looks for what has to go.
MODELS = {"redact": (), "forget": TASK_MODELS, "expire": RETENTION_MODELS}
SHOWN_FILES = 10

Act = Callable[[Progress], Erasure]


def run(settings: Settings, act: Act, models: Collection[str]) -> None:
    """Does it under the lock of the data folder, then builds and publishes what remains.

    `models` are built first where they are out of date; no data test can stand in the way. Raises
    NotBuiltAgain if only the build after it has failed.
    """
    if not settings.raw.exists() and not is_in_use(settings.data):
        raise WrongUse(f"{settings.data} holds nothing that was loaded: set DATA to the folder meant.")
    with only_build_on(settings.data), Progress() as progress:
        recover(settings.data)
        erasure = rebuilding_if_damaged(
            settings.database, lambda: _look_and_erase(settings, act, models, progress)
        )
        print(*erasure.said, sep="\n")
        _build_again(settings, erasure, progress)
    print("Nothing else was changed: delete event files and copies of your own yourself.")


def _look_and_erase(
    settings: Settings, act: Act, models: Collection[str], progress: Progress
) -> Erasure:
    try:
        _check_landing_zone(settings, progress)
        _land_what_is_left(settings, progress)
        if models and not is_current(settings):
            print("Looking through what has been loaded")
            build_models(settings, progress, models)
        return act(progress)
    finally:
        discard(settings.data)


def _check_landing_zone(settings: Settings, progress: Progress) -> None:
    for file in damaged_files(settings.data, progress):
        if not file.is_missing:
            raise LoadError(
                f"{settings.data / file.path} is damaged: remove {settings.database} and run "
                "flex-insights build, which loads its events again, and then repeat this."
            )


def _land_what_is_left(settings: Settings, progress: Progress) -> None:
    """Loads the inbox, where the same people's events are, and completes a load that was killed."""
    if is_in_use(settings.data):
        load_events("", settings.data, settings.hipaa_accounts, progress)
    else:
        take_out_arrivals(settings.data, progress)
        erase_arrivals(settings.data, progress)


def _build_and_publish(settings: Settings, progress: Progress) -> None:
    print("Building and testing the marts")
    build_marts(settings, progress)
    print("Publishing")
    publish(settings, progress)


def _build_again(settings: Settings, erasure: Erasure, progress: Progress) -> None:
    try:
        rebuilding_if_damaged(settings.database, lambda: _build_and_publish(settings, progress))
    except KeyboardInterrupt:
        print(_left_to_do(settings, erasure, "was stopped: run flex-insights build"), file=sys.stderr)
        raise
    except (DbtError, OSError, duckdb.Error) as error:
        left = _left_to_do(settings, erasure, "failed: fix the cause and run flex-insights build")
        raise NotBuiltAgain(f"{error}\n{left}") from error
    if erasure.withdrawal.has_spark:
        print("The tables of Spark are withdrawn: flex-insights build --engine spark makes them again.")


def _left_to_do(settings: Settings, erasure: Erasure, what_happened: str) -> str:
    """One sentence: what is erased, what is withdrawn, what is left to do."""
    withdrawal = erasure.withdrawal
    withdrawn = ["the database"] if withdrawal.removals else []
    if withdrawal.published:
        shown = ", ".join(withdrawal.published[:SHOWN_FILES])
        others = len(withdrawal.published) - SHOWN_FILES
        more = f" and {others:,} more" if others > 0 else ""
        withdrawn.append(f"{shown}{more} in {settings.published}/")
    if withdrawal.has_spark:
        withdrawn.append("the tables of Spark")
    return (
        f"What had to go is gone ({'; '.join(erasure.said)}) and "
        f"{' and '.join(withdrawn) or 'nothing'} withdrawn, but the build after it {what_happened}."
    )


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
    if not any((data / place).exists() for place in (raw_folder(account), Path(INBOX, account))):
        raise WrongUse(f"ACCOUNT={account} has no events in {data}: name one AccountSid as events spell it.")


def _values(text: str) -> list[str]:
    values = [value.strip() for value in text.split(",") if value.strip()]
    if not values:
        raise WrongUse("CUSTOMER is empty: name a phone number, e-mail address or external id.")
    for value in values:
        if is_withheld(value):
            raise WrongUse(f"CUSTOMER={value} stands for all who withhold their number.")
    return values


def _country(text: str) -> str | None:
    code = text.strip().upper()
    if code and code not in countries():
        raise WrongUse(f"COUNTRY={text} is no country: name it by two letters, such as US or DE.")
    return code or None


def run_action(action: str, settings: Settings, given: Mapping[str, str]) -> None:
    """Runs redact, forget or expire; `given` has what it needs of ACCOUNT, CUSTOMER, COUNTRY, TASK
    and BEFORE.

    Raises WrongUse if that is missing or wrong.
    """
    # What has to go is found in the marts that DuckDB builds.
    settings = replace(settings, engine="duckdb")
    # Events that no build accepts are removed from the landing zone, whatever state the marts are in.
    takes_out = action == "forget" and given.get("TASK", "").strip()
    run(settings, _act(action, settings, given), () if takes_out else MODELS[action])


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
        country = _country(given.get("COUNTRY", ""))
        return lambda told: forget(data, database, values, account or None, country, told)
    before = midnight(given.get("BEFORE", ""), settings.reporting_time_zone)
    return lambda told: expire(data, database, before, told)
