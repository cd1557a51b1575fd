"""`flex-insights load`"""

from __future__ import annotations

import click

from flex_insights.commands.options import with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights load --events /srv/incoming --data /srv/flex")
@with_settings("EVENTS", "DATA", "HIPAA_ACCOUNTS")
def command(settings: Settings) -> None:
    """Load new events and build nothing.

    For marts that are built elsewhere, on a cluster for example (docs/spark.md).
    """
    from flex_insights.build_lock import only_build_on
    from flex_insights.load_events import load_events
    from flex_insights.progress import Progress

    with only_build_on(settings.data), Progress() as progress:
        report = load_events(settings.events, settings.data, settings.hipaa_accounts, progress)
    print(
        f"{report.files:,} files ({report.files_skipped:,} with nothing new), "
        f"{report.events:,} events, {report.rejected:,} rejected"
    )
