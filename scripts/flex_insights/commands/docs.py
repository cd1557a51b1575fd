"""`flex-insights docs`"""

from __future__ import annotations

import click

from flex_insights.commands.options import with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights docs --data /srv/flex")
@with_settings("DATA", "REPORTING_TIME_ZONE")
def command(settings: Settings) -> None:
    """Write a site about the tables and metrics."""
    from flex_insights.make_docs import make_docs

    make_docs(settings)
