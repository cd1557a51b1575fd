"""`flex-insights build`"""

from __future__ import annotations

import click

from flex_insights.commands.options import with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights build --events 'exports/*.jsonl.gz' --data /srv/flex")
@with_settings("EVENTS", "DATA", "HIPAA_ACCOUNTS", "REPORTING_TIME_ZONE", "ENGINE")
@click.option("--unit-tests", is_flag=True, help="Run dbt's unit tests too.")
def command(settings: Settings, unit_tests: bool) -> None:
    """Load new events, build, test and publish the marts."""
    from flex_insights.build import build

    build(settings, unit_tests)
