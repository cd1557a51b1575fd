"""`make build`: load new event files, build and test the marts, publish them, say what came out."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace

from flex_insights.build_lock import only_build_on
from flex_insights.command_line import run_command
from flex_insights.database import rebuilding_if_damaged
from flex_insights.load_events import LoadError, LoadReport, load_events
from flex_insights.loading.commit import recover
from flex_insights.loading.damage import DamagedFile, damaged_files, some_of
from flex_insights.parse_ahead import parsing_ahead
from flex_insights.privacy.expire import RETENTION_MODELS, expire, kept_since
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import DbtError, build_marts, build_models, builds_everything, show_metrics
from flex_insights.settings import Settings, read_settings
from flex_insights.spark.session import finish, prepare
from flex_insights.summary import summarise


def build(settings: Settings, unit_tests: bool = False) -> None:
    """Brings everything under the data folder up to date with the event files.

    Raises LockedError, LoadError, DbtError, OSError or duckdb.Error, each with a sentence.
    """
    started = time.monotonic()
    progress = Progress()
    with only_build_on(settings.data):
        _remove_leftovers(settings)
        print(f"Loading {settings.events} into {settings.data}")
        with parsing_ahead(settings):
            recover(settings.data)
            is_read_whole = builds_everything(settings)
            damaged = damaged_files(settings.data, progress) if is_read_whole else []
            report = _load(settings, damaged, progress)
        try:
            summary = _build(settings, report, progress, unit_tests)
        except DbtError:
            if not (damaged := damaged_files(settings.data, progress)):
                raise
            report = _load(settings, damaged, progress)
            summary = _build(settings, report, progress, unit_tests)
        print(*summary, sep="\n")
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
    # A build that was killed while DuckDB spilled to disk leaves the spilled data behind.
    shutil.rmtree(f"{settings.database}.tmp", ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unit-tests", action="store_true", help="run dbt's unit tests as well")
    arguments = parser.parse_args()
    return run_command(
        lambda: build(read_settings(), arguments.unit_tests),
        LoadError,
        stopped="The build stopped",
        interrupted="Stopped. The next build takes up from here.",
    )


if __name__ == "__main__":
    sys.exit(main())
