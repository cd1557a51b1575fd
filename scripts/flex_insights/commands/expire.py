"""`flex-insights expire`"""

from __future__ import annotations

import click

from flex_insights.commands.options import setting, with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights expire --before 2026-01-31")
@setting("BEFORE", "DATE", "First day to keep, in the reporting time zone.")
@with_settings("DATA", "REPORTING_TIME_ZONE")
def command(settings: Settings, before: str | None) -> None:
    """Remove events and facts before a day."""
    from flex_insights.privacy.command import run_action

    run_action("expire", settings, {"BEFORE": before or ""})
