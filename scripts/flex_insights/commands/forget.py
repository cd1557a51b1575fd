"""`flex-insights forget`"""

from __future__ import annotations

import click

from flex_insights.commands.options import setting, with_settings
from flex_insights.settings import Settings


@click.command(epilog="Example: flex-insights forget --customer +15551234567,ann@example.com")
@setting("CUSTOMER", "IDS", "Phone number, e-mail address or external id; several separated by commas.")
@setting("COUNTRY", "CODE", "Also find phone numbers in this country's national notation: two letters, such as US.")
@setting("TASK", "SIDS", "Remove the events of this task or worker instead; several separated by commas.")
@setting("ACCOUNT", "SID", "Erase in this account only.", "all accounts")
@with_settings("DATA", "REPORTING_TIME_ZONE")
def command(
    settings: Settings, customer: str | None, country: str | None, task: str | None, account: str | None
) -> None:
    """Erase a customer, or the events of a task.

    Covers everything that was loaded, and everything that is loaded later. Erasing a task is for
    events that no build accepts; a build that fails names it.
    """
    from flex_insights.privacy.command import run_action

    given = {"CUSTOMER": customer, "COUNTRY": country, "TASK": task, "ACCOUNT": account}
    run_action("forget", settings, {name: value or "" for name, value in given.items()})
