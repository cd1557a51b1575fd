"""Writes an account's file: as a whole, or as a copy of the old one with changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flex_insights.publishing.contents import Contents
from flex_insights.publishing.files import path_aside, put_in_place
from flex_insights.publishing.tables import STORAGE_VERSION, Table
from flex_insights.sql_text import quoted, quoted_text


class NotAsExpected(Exception):
    """The old file with the changes would differ from one that is written as a whole."""


@dataclass
class Change:
    """What an update did to a table."""

    deleted: Contents
    inserted: Contents

    def of(self, before: Contents) -> Contents:
        """The contents after the change."""
        return Contents(
            before.rows - self.deleted.rows + self.inserted.rows,
            before.hashes - self.deleted.hashes + self.inserted.hashes,
        )


def write_whole(
    connection: duckdb.DuckDBPyConnection, tables: list[Table], account: str, path: Path
) -> None:
    """Replaces an account's file by a new one with all its rows."""
    with _published(connection, account, path_aside(path)):
        for table in tables:
            _copy_table(connection, table)
    put_in_place(path_aside(path), path)


def write_update(
    connection: duckdb.DuckDBPyConnection,
    tables: list[Table],
    account: str,
    path: Path,
    expected: dict[str, Contents],
) -> dict[str, Change]:
    """Replaces an account's file by a copy of it in which changed rows are replaced.

    `tables` are those that may have changed; `expected` has their final contents. Returns what was done
    to each table. Raises NotAsExpected and leaves the old file as it was.
    """
    aside = path_aside(path)
    shutil.copyfile(path, aside)
    try:
        with _published(connection, account, aside):
            changes = {}
            for table in tables:
                changes[table.name] = _find_changes(connection, table)
                _make_changes(connection, table, changes[table.name])
                _check_rows(connection, table, expected[table.name].rows)
    except NotAsExpected:
        aside.unlink()
        raise
    put_in_place(aside, path)
    return changes


@contextmanager
def _published(
    connection: duckdb.DuckDBPyConnection, account: str, path: Path
) -> Iterator[None]:
    """Attaches the file as `published`, with one transaction around everything done to it."""
    connection.execute("set variable account = $1", [account])
    connection.execute(
        f"attach {quoted_text(str(path))} as published (storage_version '{STORAGE_VERSION}')"
    )
    try:
        # Without a transaction, each of hundreds of comments would wait for the disk.
        connection.execute("begin")
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.execute("detach published")


def _copy_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    connection.execute(
        f"create table {table.target} as select * from {table.source} where {table.of_account}"
    )
    if table.description:
        connection.execute(f"comment on table {table.target} is {quoted_text(table.description)}")
    for column, text in table.column_descriptions.items():
        connection.execute(
            f"comment on column {table.target}.{quoted(column)} is {quoted_text(text)}"
        )


def _is_touched(table: Table) -> str:
    since = ""
    if table.touched_since:
        since = f" and (touched_from is null or {table.touched_since} >= touched_from)"
    return (
        "exists (select 1 from source.intermediate.int_touched_keys"
        f" where touched_key = {table.touched_by}{since})"
    )


def _find_changes(connection: duckdb.DuckDBPyConnection, table: Table) -> Change:
    """Finds rows of the old file that no longer exist, and new ones, by their hashes."""
    conditions = {}
    if table.touched_by:
        connection.execute(
            "create or replace temp table old_keys as"
            f" select distinct {table.touched_by} as old_key from {table.target}"
        )
    for name, relation, of_account in (
        ("old_rows", table.target, "true"),
        ("new_rows", table.source, table.of_account),
    ):
        conditions[name] = of_account
        if table.touched_by:
            # Row numbers first: DuckDB then reads the wide rows only where they are. The touched keys
            # are those that a build knows before it begins: they lack the ones that it adds.
            connection.execute(
                f"create or replace temp table {name} as select rowid as id from {relation}"
                f" where {of_account} and ({_is_touched(table)} or not exists"
                f" (select 1 from old_keys where old_key = {table.touched_by}))"
            )
            conditions[name] = f"rowid in (select id from {name})"
    connection.execute(
        f"""
        create or replace temp table {_changes(table)} as
        with
        old as materialized (
            select whole_row.rowid as id, hash(whole_row) as hash
            from {table.target} as whole_row where {conditions["old_rows"]}
        ),
        new as materialized (
            select whole_row.rowid as id, hash(whole_row) as hash
            from {table.source} as whole_row where {conditions["new_rows"]}
        )
        select false as is_new, id, hash from old anti join new using (hash)
        union all
        select true, id, hash from new anti join old using (hash)
        """
    )
    totals = connection.execute(
        f"select is_new, count(*), sum(hash::hugeint)::varchar from {_changes(table)} group by 1"
    ).fetchall()
    found = {is_new: Contents(count, int(total)) for is_new, count, total in totals}
    return Change(found.get(False, Contents()), found.get(True, Contents()))


def _make_changes(connection: duckdb.DuckDBPyConnection, table: Table, change: Change) -> None:
    if change.deleted.rows:
        connection.execute(
            f"delete from {table.target}"
            f" where rowid in (select id from {_changes(table)} where not is_new)"
        )
    if change.inserted.rows:
        connection.execute(
            f"insert into {table.target} select * from {table.source}"
            f" where rowid in (select id from {_changes(table)} where is_new)"
        )


def _check_rows(connection: duckdb.DuckDBPyConnection, table: Table, expected: int) -> None:
    (rows,) = connection.execute(f"select count(*) from {table.target}").fetchone()
    if rows != expected:
        raise NotAsExpected(f"{table.name}: {rows} rows, not {expected}")


def _changes(table: Table) -> str:
    return quoted(f"changes of {table.name}")
