"""`flex-insights fetch`"""

from __future__ import annotations

import os
from pathlib import Path

import click

from flex_insights.commands.options import setting, with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights fetch --data /srv/flex")
@setting("TWILIO_ACCOUNT_SID", "SID", "Account whose events to fetch.")
@setting("TWILIO_WORKSPACES", "SIDS", "WorkspaceSids separated by commas.", "all of the account")
@setting("TWILIO_REGION", "NAME", "Twilio's region, such as ie1.", "us1")
@setting("TWILIO_EDGE", "NAME", "Twilio's edge, such as dublin.")
@click.option(
    "--twilio-accounts",
    envvar="TWILIO_ACCOUNTS",
    metavar="FILE",
    type=click.Path(path_type=Path, resolve_path=True),  # before the command changes the folder
    help="TOML file of several accounts, instead (docs/live.md).",
    show_envvar=True,
)
@with_settings("DATA", "HIPAA_ACCOUNTS", may_use_sample=False)
def command(settings: Settings, twilio_accounts: Path | None, **options: str | None) -> None:
    """Fetch new events from Twilio into DATA/inbox.

    The first time those of the last 30 days, which is what Twilio keeps. Credentials come from the
    environment only: TWILIO_API_KEY and TWILIO_API_SECRET, or TWILIO_AUTH_TOKEN; or from files
    named by TWILIO_API_SECRET_FILE and the like.
    """
    from flex_insights.progress import Progress
    from flex_insights.twilio.accounts import read_accounts
    from flex_insights.twilio.fetch import fetch

    given = {name.upper(): value or "" for name, value in options.items()}
    accounts = read_accounts({**os.environ, **given}, twilio_accounts)
    with Progress() as progress:
        fetch(accounts, settings.data, settings.hipaa_accounts, progress)
