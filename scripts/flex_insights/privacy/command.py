"""`make redact`, `make forget`, `make expire`: takes out of everything written what has to go."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from flex_insights.build_lock import only_build_on
from flex_insights.command_line import run_command
from flex_insights.database import rebuilding_if_damaged
from flex_insights.loading.commit import discard, recover
from flex_insights.loading.damage import damaged_files
from flex_insights.loading.errors import LoadError
from flex_insights.loading.landing import last_load_id, raw_folder
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import DbtError, build_marts, build_models
from flex_insights.settings import Settings, read_settings

from .arrivals import erase_arrivals
from .errors import NotBuiltAgain, WrongUse
from .expire import RETENTION_MODELS, expire, midnight
from .forget import TASK_MODELS, forget
from .mentions import is_withheld
from .numbers import countries
from .redact import redact
from .withdrawal import Erasure

# In which models each looks for what has to go.
MODELS = {"redact": (), "forget": TASK_MODELS, "expire": RETENTION_MODELS}
SHOWN_FILES = 10

Act = Callable[[Progress], Erasure]


def run(settings: Settings, act: Act, models: Collection[str]) -> None:
    """Does it under the lock of the data folder, then builds and publishes what remains.

    `models` are built first where they are out of date; no data test can stand in the way. Raises
    NotBuiltAgain if only the build after it has failed.
    """
    if not settings.raw.exists():
        raise WrongUse(f"{settings.data} holds nothing that was loaded: set DATA to the folder meant.")
    progress = Progress()
    with only_build_on(settings.data):
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
        # what a load that was killed has left undone
        erase_arrivals(settings.data, progress)
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
                f"{settings.data / file.path} is damaged: remove {settings.database} and run make build, "
                "which loads its events again, and then repeat this."
            )


def _build_and_publish(settings: Settings, progress: Progress) -> None:
    print("Building and testing the marts")
    build_marts(settings, progress)
    print("Publishing")
    publish(settings, progress)


def _build_again(settings: Settings, erasure: Erasure, progress: Progress) -> None:
    try:
        rebuilding_if_damaged(settings.database, lambda: _build_and_publish(settings, progress))
    except KeyboardInterrupt:
        print(_left_to_do(settings, erasure, "was stopped: run make build"), file=sys.stderr)
        raise
    except (DbtError, OSError, duckdb.Error) as error:
        left = _left_to_do(settings, erasure, "failed: fix the cause and run make build")
        raise NotBuiltAgain(f"{error}\n{left}") from error
    if erasure.withdrawal.has_spark:
        print("The tables of Spark are withdrawn: make build ENGINE=spark makes them again.")


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
    if not (data / raw_folder(account)).exists():
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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["redact", "forget", "expire"])
    action = parser.parse_args(arguments).action
    return run_command(
        lambda: _run_action(action, os.environ),
        WrongUse,
        NotBuiltAgain,
        LoadError,
        stopped="It stopped",
        interrupted="Stopped. Run it again: it takes up from here.",
    )


def _run_action(action: str, given: Mapping[str, str]) -> None:
    # What has to go is found in the marts that DuckDB builds.
    settings = replace(read_settings(), engine="duckdb")
    run(settings, _act(action, settings, given), MODELS[action])


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
        values = _values(given.get("CUSTOMER", ""))
        country = _country(given.get("COUNTRY", ""))
        if account:
            _check_is_here(data, account)
        return lambda told: forget(data, database, values, account or None, country, told)
    before = midnight(given.get("BEFORE", ""), settings.reporting_time_zone)
    return lambda told: expire(data, database, before, told)


if __name__ == "__main__":
    sys.exit(main())
