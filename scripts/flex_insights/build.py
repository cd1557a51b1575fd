"""`flex-insights build`: load new events, build, test and publish the marts, print a summary."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

from flex_insights.build_lock import only_build_on
from flex_insights.database import rebuilding_if_damaged
from flex_insights.load_events import LoadError, LoadReport, load_events
from flex_insights.loading.commit import recover
from flex_insights.loading.damage import DamagedFile, damaged_files, some_of
from flex_insights.privacy.expire import RETENTION_MODELS, expire, kept_since
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import DbtError, build_marts, build_models, builds_everything, show_metrics
from flex_insights.settings import Settings
from flex_insights.spark.session import finish, prepare
from flex_insights.summary import summarise

NOTHING_LANDED = (
    "No events have been loaded: everything in EVENTS was rejected. The reasons are above, and in "
    "marts.audit_rejects."
)


def build(settings: Settings, unit_tests: bool = False) -> None:
    """Brings everything under the data folder up to date with the event files.

    Raises UserError, OSError or duckdb.Error.
    """
    started = time.monotonic()
    with only_build_on(settings.data), Progress() as progress:
        _remove_leftovers(settings)
        print(f"Loading {settings.events or 'the inbox'} into {settings.data}")
        recover(settings.data)
        damaged = damaged_files(settings.data, progress) if builds_everything(settings) else []
        report = _load(settings, damaged, progress)
        try:
            summary = _build(settings, report, progress, unit_tests)
        except DbtError:
            if not (damaged := damaged_files(settings.data, progress)):
                raise
            report = _load(settings, damaged, progress)
            summary = _build(settings, report, progress, unit_tests)
        print(*summary, sep="\n")
        if report.is_all_rejected and report.is_landing_zone_empty:
            raise LoadError(NOTHING_LANDED)
    print(f"Done in {time.monotonic() - started:.0f} s.")


def _load(settings: Settings, damaged: list[DamagedFile], progress: Progress) -> LoadReport:
    report = load_events(
        settings.events, settings.data, settings.hipaa_accounts, progress, damaged
    )
    progress.done()
    for file in damaged:
        print(f"{settings.data / file.path} is {'missing' if file.is_missing else 'damaged'}.")
    if report.reloaded:
        print(f"Loaded again: {some_of(report.reloaded)}")
    if report.lost:
        print(f"  warning: lost until they are put back: events of {some_of(report.lost)}")
    if report.reloaded and (moment := kept_since(settings.data)):
        print("Removing again what has expired")
        on_duckdb = replace(settings, engine="duckdb")
        build_models(on_duckdb, progress, RETENTION_MODELS)
        expire(settings.data, settings.database, moment, progress)
    return report


def _build(
    settings: Settings, report: LoadReport, progress: Progress, unit_tests: bool
) -> list[str]:
    if settings.engine == "spark":
        return _build_on_spark(settings, report, progress, unit_tests)
    return rebuilding_if_damaged(
        settings.database, lambda: _build_on_duckdb(settings, report, progress, unit_tests)
    )


def _build_on_duckdb(
    settings: Settings, report: LoadReport, progress: Progress, unit_tests: bool
) -> list[str]:
    print("Building and testing the marts")
    for warning in build_marts(settings, progress, unit_tests):
        print(f"  warning: {warning}")
    show_metrics(settings)
    print("Publishing")
    return summarise(settings, report, publish(settings, progress))


def _build_on_spark(
    settings: Settings, report: LoadReport, progress: Progress, unit_tests: bool
) -> list[str]:
    print("Building and testing the marts")
    prepare(settings)
    for warning in build_marts(settings, progress, unit_tests):
        print(f"  warning: {warning}")
    finish(settings)
    return summarise(settings, report, None)


def _remove_leftovers(settings: Settings) -> None:
    # A build that was killed while DuckDB spilled to disk leaves these files behind.
    shutil.rmtree(f"{settings.database}.tmp", ignore_errors=True)
