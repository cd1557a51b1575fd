"""`make build`: load new event files, build and test the marts, publish them, say what came out."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from flex_insights.build_lock import only_build_on
from flex_insights.command_line import run_command
from flex_insights.load_events import LoadError, load_events
from flex_insights.parse_ahead import parsing_ahead
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import build_marts, show_metrics
from flex_insights.settings import Settings, read_settings
from flex_insights.spark.session import finish, prepare
from flex_insights.summary import summarise


NOTHING_LANDED = (
    "No events have been loaded: everything in EVENTS was rejected. The reasons are above, and in "
    "marts.audit_rejects."
)


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
            report = load_events(settings.events, settings.data, settings.hipaa_accounts, progress)
            progress.done()
        print("Building and testing the marts")
        if settings.engine == "spark":
            prepare(settings)
        for warning in build_marts(settings, progress, unit_tests):
            print(f"  warning: {warning}")
        if settings.engine == "spark":
            finish(settings)
            published = None
        else:
            show_metrics(settings)
            print("Publishing")
            published = publish(settings, progress)
        print(*summarise(settings, report, published), sep="\n")
        if report.is_all_rejected and report.is_landing_zone_empty:
            raise LoadError(NOTHING_LANDED)
    print(f"Done in {time.monotonic() - started:.0f} s.")


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
