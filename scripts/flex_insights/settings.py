"""Where a run reads and writes, and under which settings: the one place that knows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
OWN_EVENTS = Path("data/events")
SAMPLE_EVENTS = Path("sample/events")
ENGINES = ("duckdb", "spark")


class SettingsError(Exception):
    """A setting that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run and the paths that follow from them.

    `events` is a file, folder or glob, or several separated by `:`; `hipaa_accounts` holds
    AccountSids, or the word `all`; `engine` is one of ENGINES. Relative paths are relative to the
    project's folder.
    """

    events: str
    data: Path
    hipaa_accounts: frozenset[str] = frozenset()
    reporting_time_zone: str = "UTC"
    engine: str = "duckdb"

    @property
    def raw(self) -> Path:
        return self.data / "raw"

    @property
    def rejected(self) -> Path:
        return self.data / "rejected"

    @property
    def database(self) -> Path:
        return self.data / "flex_insights.duckdb"

    @property
    def spark(self) -> Path:
        return self.data / "spark"

    @property
    def spark_warehouse(self) -> Path:
        return self.spark / "warehouse"

    @property
    def published(self) -> Path:
        return self.data / "published"

    @property
    def target(self) -> Path:
        return (self.spark if self.engine == "spark" else self.data) / "target"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def dbt_manifest(self) -> Path:
        return self.target / "manifest.json"

    def environment(self) -> dict[str, str]:
        """The variables that dbt reads these settings from."""
        # Spark takes a relative location for one in its warehouse.
        data = self.data.resolve() if self.engine == "spark" else self.data
        return {"DATA": str(data), "REPORTING_TIME_ZONE": self.reporting_time_zone}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from environment variables; an empty one counts as not set.

    Raises SettingsError where a value cannot be used.
    """
    events = environment.get("EVENTS") or ""
    data = environment.get("DATA") or ""
    if not events:
        uses_sample = not _holds_a_file(PROJECT / OWN_EVENTS)
        events = str(SAMPLE_EVENTS if uses_sample else OWN_EVENTS)
        data = data or ("data/sample" if uses_sample else "data")
    return Settings(
        events=events,
        data=_usable_folder(data or "data"),
        hipaa_accounts=frozenset(
            account.strip()
            for account in (environment.get("HIPAA_ACCOUNTS") or "").split(",")
            if account.strip()
        ),
        reporting_time_zone=_known_time_zone(environment.get("REPORTING_TIME_ZONE") or "UTC"),
        engine=_known_engine(environment.get("ENGINE") or ENGINES[0]),
    )


def _holds_a_file(folder: Path) -> bool:
    return any(files for _, _, files in os.walk(folder))


def _usable_folder(data: str) -> Path:
    # DuckDB takes the folder as part of a glob between quotes.
    unusable = sorted(set(data) & set("'\"*?[]{}\\\n"))
    if unusable:
        raise SettingsError(
            f"DATA={data} holds {' '.join(unusable)}, which file patterns read as something else: "
            "name a folder without it."
        )
    return Path(data)


def _known_engine(name: str) -> str:
    if name not in ENGINES:
        raise SettingsError(f"ENGINE={name} is none of: {', '.join(ENGINES)}.")
    return name


def _known_time_zone(name: str) -> str:
    # DuckDB reckons with it; but it also takes abbreviations, which mean several zones.
    known_to_duckdb = duckdb.sql("select name from pg_timezone_names()").fetchall()
    if name not in available_timezones() or (name,) not in known_to_duckdb:
        raise SettingsError(
            f"REPORTING_TIME_ZONE={name} is no IANA time zone: "
            "use a name like Europe/Berlin or UTC."
        )
    return name
