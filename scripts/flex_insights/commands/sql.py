"""`flex-insights sql`"""

from __future__ import annotations

import click

from flex_insights.commands.options import with_settings
from flex_insights.settings import Settings


@click.command(
    epilog='Example: flex-insights sql "select kind, count(*) from fct_segments group by kind"'
)
@with_settings("DATA")
@click.option("--csv", is_flag=True, help="Print CSV, with long values in full.")
@click.argument("query")
def command(settings: Settings, csv: bool, query: str) -> None:
    """Run an SQL query on the marts.

    Values longer than 60 characters are shortened; with --csv they are not.
    """
    from flex_insights.sql import as_csv, as_text, ask

    columns, rows = ask(settings.database, query)
    print(as_csv(columns, rows) if csv else as_text(columns, rows))
