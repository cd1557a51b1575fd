"""What the marts hold of each account, as numbers and hashes of rows."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from flex_insights.publishing.tables import SCHEMA, Table
from flex_insights.sql_text import quoted


@dataclass(frozen=True)
class Contents:
    """Number of rows and the sum of their hashes, which does not depend on their order.

    `hashes` is None if the rows were only counted.
    """

    rows: int = 0
    hashes: int | None = 0


@dataclass(frozen=True)
class BuildState:
    """The last build that changed the marts, and the one whose marts it changed.

    `follows` is None if everything was rebuilt, `build_id` is None if it is unknown.
    """

    build_id: str | None = None
    follows: str | None = None


def read_build_state(connection: duckdb.DuckDBPyConnection) -> BuildState:
    """The state that dbt's hooks wrote; empty if they did not."""
    try:
        row = connection.execute(
            "select build_id, follows from source.staging.build_state where is_complete"
        ).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        row = None
    return BuildState(*row) if row else BuildState()


def contents_in(entry: dict, table: str) -> Contents:
    """The contents of a table according to an account's entry in the manifest."""
    return Contents(entry["rows"].get(table, 0), int(entry["hashes"].get(table, 0)))


def contents_by_account(
    connection: duckdb.DuckDBPyConnection, table: Table, condition: str = "true"
) -> dict[str | None, Contents]:
    """The contents of a table by account; those of a shared table under None."""
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
    """The number of rows of each account that has any."""
    rows = connection.execute(
        f"select account_sid, count(*) from {table.source} group by 1"
    ).fetchall()
    return {account: Contents(count, None) for account, count in rows}


def latest_events(
    connection: duckdb.DuckDBPyConnection, tables: list[Table]
) -> dict[str, str | None]:
    """Time of each account's last event, as ISO 8601 in UTC."""
    if not any(table.name == "data_freshness" for table in tables):
        return {}
    return dict(
        connection.execute(
            f"select account_sid, strftime(last_event_at, '%Y-%m-%dT%H:%M:%S+00:00')"
            f" from source.{SCHEMA}.{quoted('data_freshness')}"
        ).fetchall()
    )
