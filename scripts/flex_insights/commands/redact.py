"""`flex-insights redact`"""

from __future__ import annotations

import click

from flex_insights.commands.options import setting, with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights redact --account AC0123456789abcdef0123456789abcdef")
@setting("ACCOUNT", "SIDS", "AccountSids separated by commas, or 'all'.")
@with_settings("DATA", "REPORTING_TIME_ZONE")
def command(settings: Settings, account: str | None) -> None:
    """Apply the HIPAA allow-list to an account.

    Covers everything that was loaded, and everything that is loaded later.
    """
    from flex_insights.privacy.command import run_action

    run_action("redact", settings, {"ACCOUNT": account or ""})
