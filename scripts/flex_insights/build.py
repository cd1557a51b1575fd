"""`flex-insights build`: load new events, build, test and publish the marts, print a summary."""

from __future__ import annotations

import shutil
import time

from flex_insights.build_lock import only_build_on
from flex_insights.load_events import LoadError, load_events
from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.run_dbt import build_marts, show_metrics
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
    # A build that was killed while DuckDB spilled to disk leaves these files behind.
    shutil.rmtree(f"{settings.database}.tmp", ignore_errors=True)
