"""All settings, and the paths that follow from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from flex_insights.errors import UserError
from flex_insights.inbox import is_in_use

PROJECT = Path(__file__).resolve().parents[2]
OWN_EVENTS = Path("data/events")
OWN_DATA = Path("data")
SAMPLE_EVENTS = Path("sample/events")
SAMPLE_DATA = Path("data/sample")
ENGINES = ("duckdb", "spark")


class SettingsError(UserError):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run, and the paths that follow from them.

    `events` is a file, folder or glob, or several separated by `:`, or '' if there is only the inbox,
    which is always read; `hipaa_accounts` holds AccountSids, or `all`; `engine` is one of ENGINES.
    Relative paths are relative to the project's folder.
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
        """The environment variables from which dbt reads these settings."""
        # Spark reads a relative path as one in its warehouse.
        data = self.data.resolve() if self.engine == "spark" else self.data
        return {"DATA": str(data), "REPORTING_TIME_ZONE": self.reporting_time_zone}


def read_settings(
    environment: Mapping[str, str] = os.environ, folder: Path | None = None, may_use_sample: bool = True
) -> Settings:
    """Settings from environment variables; an empty variable counts as not set.

    Relative paths are relative to `folder`, by default the project's; in any other folder they
    become absolute. Raises SettingsError if a value cannot be used.
    """
    given_from = folder or PROJECT
    # Defaults are always in the project.
    defaults_from = Path() if given_from == PROJECT else PROJECT
    events = _located(given_from, environment.get("EVENTS") or "")
    data = _located(given_from, environment.get("DATA") or "")
    has_own_events = _holds_a_file(PROJECT / OWN_EVENTS)
    has_inbox = is_in_use(PROJECT / (data or OWN_DATA))
    uses_sample = may_use_sample and not (events or has_own_events or has_inbox)
    if not events and (has_own_events or uses_sample):
        events = str(defaults_from / (SAMPLE_EVENTS if uses_sample else OWN_EVENTS))
    default_data = defaults_from / (SAMPLE_DATA if uses_sample else OWN_DATA)
    return Settings(
        events=events,
        data=_usable_folder(data or str(default_data)),
        hipaa_accounts=frozenset(
            account.strip()
            for account in (environment.get("HIPAA_ACCOUNTS") or "").split(",")
            if account.strip()
        ),
        reporting_time_zone=_known_time_zone(environment.get("REPORTING_TIME_ZONE") or "UTC"),
        engine=_known_engine(environment.get("ENGINE") or ENGINES[0]),
    )


def _located(folder: Path, paths: str) -> str:
    """A path, or several separated by `:`, relative to `folder`, as named in the project's folder."""
    if folder == PROJECT or not paths.strip():
        return paths
    parts = [paths] if (folder / paths).exists() else paths.split(":")
    return ":".join(os.path.normpath(folder / part) for part in parts if part.strip())


def _holds_a_file(folder: Path) -> bool:
    return any(files for _, _, files in os.walk(folder))


def _usable_folder(data: str) -> Path:
    # The folder becomes part of a quoted glob in DuckDB.
    unusable = sorted(set(data) & set("'\"*?[]{}\\\n"))
    if unusable:
        raise SettingsError(
            f"DATA={data} contains {' '.join(unusable)}, which has a meaning in file patterns: "
            "choose a folder name without it."
        )
    return Path(data)


def _known_engine(name: str) -> str:
    if name not in ENGINES:
        raise SettingsError(f"ENGINE={name} is not one of: {', '.join(ENGINES)}.")
    return name


def _known_time_zone(name: str) -> str:
    import duckdb  # only here, so that help and version stay fast

    # DuckDB has to know the zone, but it also takes abbreviations, some of which are ambiguous.
    known_to_duckdb = duckdb.sql("select name from pg_timezone_names()").fetchall()
    if name not in available_timezones() or (name,) not in known_to_duckdb:
        raise SettingsError(
            f"REPORTING_TIME_ZONE={name} is not an IANA time zone: "
            "use a name like Europe/Berlin or UTC."
        )
    return name
