"""What the marts hold of each account, and which of it is new since the last publication."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from flex_insights.sql_text import quoted
from .tables import SCHEMA, Table


@dataclass(frozen=True)
class Contents:
    """Number of rows and the sum of their hashes, which is the same in any order.

    `hashes` is None where only the rows were counted.
    """

    rows: int = 0
    hashes: int | None = 0


@dataclass(frozen=True)
class BuildState:
    """The last build that changed the marts, and the one whose marts it began with.

    `follows` is None if everything was made anew, and `build_id` if there was nothing new.
    """

    build_id: str | None = None
    follows: str | None = None


def read_build_state(connection: duckdb.DuckDBPyConnection) -> BuildState:
    """As the hooks of dbt have written it; empty if they have not."""
    try:
        row = connection.execute(
            "select build_id, follows from source.staging.build_state where is_complete"
        ).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        row = None
    return BuildState(*row) if row else BuildState()


def contents_in(entry: dict, table: str) -> Contents:
    """The contents of a table as an account's entry of the manifest has them."""
    return Contents(entry["rows"].get(table, 0), int(entry["hashes"].get(table, 0)))


def contents_by_account(
    connection: duckdb.DuckDBPyConnection, table: Table, condition: str = "true"
) -> dict[str | None, Contents]:
    """The contents of a table for each account that has rows; of a shared one under None."""
    account = "null" if table.is_shared else "account_sid"
    rows = connection.execute(
        f"select {account}, count(*), sum(hash(whole_row)::hugeint)::varchar"
        f" from {table.source} as whole_row where {condition} group by 1"
    ).fetchall()
    return {account: Contents(count, int(total)) for account, count, total in rows}


def contents_of_account(
    connection: duckdb.DuckDBPyConnection, table: Table, account: str
) -> Contents:
    """The contents of a table for one account."""
    connection.execute("set variable account = $1", [account])
    found = contents_by_account(connection, table, table.of_account)
    return found.get(account, Contents())


def counts_by_account(
    connection: duckdb.DuckDBPyConnection, table: Table
) -> dict[str | None, Contents]:
    """The number of rows for each account that has some."""
    rows = connection.execute(
        f"select account_sid, count(*) from {table.source} group by 1"
    ).fetchall()
    return {account: Contents(count, None) for account, count in rows}


def latest_events(
    connection: duckdb.DuckDBPyConnection, tables: list[Table]
) -> dict[str, str | None]:
    """Time of the last event of each account, ISO in UTC."""
    if not any(table.name == "data_freshness" for table in tables):
        return {}
    return dict(
        connection.execute(
            f"select account_sid, strftime(last_event_at, '%Y-%m-%dT%H:%M:%S+00:00')"
            f" from source.{SCHEMA}.{quoted('data_freshness')}"
        ).fetchall()
    )
