"""One DuckDB file per account, for BI tools: that account's marts and nothing else.

Files have storage version v1.0.0, which every DuckDB reader since 1.0 opens, and no keys or indices,
which 1.0 cannot read. A file is written to a temporary one and renamed, so existing readers keep the old
file; if nothing changed, it is not touched. So that one more day costs little, the old file is copied,
and only what the build touched is replaced in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import duckdb

from flex_insights.database import connect
from flex_insights.progress import Progress
from flex_insights.publishing.contents import (
    Contents,
    contents_by_account,
    contents_in,
    contents_of_account,
    counts_by_account,
    latest_events,
    read_build_state,
)
from flex_insights.publishing.files import file_names, remove_others, remove_unfinished, stamp
from flex_insights.publishing.manifest import read_manifest, write_manifest
from flex_insights.publishing.tables import Table, definition, read_tables
from flex_insights.publishing.write import NotAsExpected, write_update, write_whole
from flex_insights.settings import Settings
from flex_insights.sql_text import quoted_text

# Replaced rows stay in the file, invisible: with a larger share of them the whole file is written.
MOST_DEAD_ROWS = 0.3


@dataclass
class Published:
    """Accounts by what `publish` did; `updated` are those of `written` whose old file was updated."""

    written: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def publish(settings: Settings, progress: Progress) -> Published:
    """Brings `published/` up to date with the marts.

    Raises OSError or duckdb.Error if a file cannot be written; published files stay intact.
    """
    settings.published.mkdir(parents=True, exist_ok=True)
    remove_unfinished(settings.published)
    with _open_marts(settings) as connection:
        tables = read_tables(connection, json.loads(settings.dbt_manifest.read_text("utf-8")))
        return _Publication(settings.published, connection, tables, progress).run()


class _Publication:
    """One run."""

    def __init__(
        self,
        folder: Path,
        connection: duckdb.DuckDBPyConnection,
        tables: list[Table],
        progress: Progress,
    ):
        self._folder, self._connection = folder, connection
        self._tables, self._progress = tables, progress
        self._before = read_manifest(folder)
        self._old = self._before.get("accounts", {})
        self._definition = definition(tables)
        self._build = read_build_state(connection)
        self._latest = latest_events(connection, tables)
        self._did = Published()

    def run(self) -> Published:
        if self._is_published(self._build.build_id) and all(map(self._is_there, self._old)):
            return Published(unchanged=sorted(self._old))
        # Nothing else than what the build touched has changed only if the build before is published.
        is_next = self._is_published(self._build.follows)
        counted = [table for table in self._tables if is_next and table.touched_by]
        hashed = [table for table in self._tables if table not in counted]
        accounts = {}
        for account, file, found in self._accounts(hashed, counted):
            accounts[account] = self._bring_up_to_date(account, file, found, counted)
        self._progress.done()
        self._did.removed = sorted(set(self._old) - set(accounts))
        remove_others(self._folder, {entry["file"] for entry in accounts.values()})
        is_changed = self._before.get("definition") != self._definition
        if is_changed or self._did.written or self._did.removed:
            build_id = self._build.build_id
            write_manifest(self._folder, self._tables, self._definition, build_id, accounts)
        return self._did

    def _is_published(self, build_id: str | None) -> bool:
        return (
            build_id is not None
            and self._before.get("build_id") == build_id
            and self._before["definition"] == self._definition
        )

    def _is_there(self, account: str) -> bool:
        """Whether the file is as the last run left it."""
        old = self._old.get(account)
        return old is not None and stamp(self._folder / old["file"]) == old["stamp"]

    def _accounts(
        self, hashed: list[Table], counted: list[Table]
    ) -> Iterator[tuple[str, str, dict[str, Contents]]]:
        """Each account with its file and the contents of its tables; of `counted` only numbers of rows."""
        found = {table.name: contents_by_account(self._connection, table) for table in hashed}
        found |= {table.name: counts_by_account(self._connection, table) for table in counted}
        own = [found[table.name] for table in self._tables if not table.is_shared]
        names = file_names({account for accounts in own for account in accounts})
        for account, file in names.items():
            yield account, file, {
                table.name: found[table.name].get(None if table.is_shared else account, Contents())
                for table in self._tables
            }

    def _bring_up_to_date(
        self, account: str, file: str, found: dict[str, Contents], counted: list[Table]
    ) -> dict:
        """Writes an account's file if something in it has changed; returns its entry in the manifest."""
        old = self._old.get(account)
        is_known = (
            old is not None
            and old["file"] == file
            and self._before["definition"] == self._definition
            and self._is_there(account)
        )
        changed = [t for t in self._tables if not is_known or not _is_equal(old, t, found)]
        if not changed:
            # Every load that touches an account changes its data_freshness.
            self._did.unchanged.append(account)
            return old
        self._progress(f"Publishing {account}")
        entry = None
        if is_known and counted and old["dead_rows"] <= MOST_DEAD_ROWS * sum(old["rows"].values()):
            tables = [table for table in self._tables if table in changed or table in counted]
            entry = self._update(account, old, tables, found)
        if entry is None:
            entry = self._write_whole(account, file, found, counted)
        self._did.written.append(account)
        return entry

    def _update(
        self, account: str, old: dict, tables: list[Table], found: dict[str, Contents]
    ) -> dict | None:
        """Updates a copy of the old file; returns None if the result is not as expected."""
        path = self._folder / old["file"]
        try:
            changes = write_update(self._connection, tables, account, path, found)
        except NotAsExpected:
            return None
        self._did.updated.append(account)
        after = {name: contents_in(old, name) for name in found}
        after |= {name: change.of(after[name]) for name, change in changes.items()}
        dead_rows = old["dead_rows"] + sum(change.deleted.rows for change in changes.values())
        return self._entry(account, old["file"], after, dead_rows)

    def _write_whole(
        self, account: str, file: str, found: dict[str, Contents], counted: list[Table]
    ) -> dict:
        write_whole(self._connection, self._tables, account, self._folder / file)
        for table in counted:
            found[table.name] = contents_of_account(self._connection, table, account)
        return self._entry(account, file, found, 0)

    def _entry(
        self, account: str, file: str, found: dict[str, Contents], dead_rows: int
    ) -> dict:
        return {
            "file": file,
            "data_up_to": self._latest.get(account),
            "built_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "rows": {name: contents.rows for name, contents in found.items()},
            "hashes": {name: str(contents.hashes) for name, contents in found.items()},
            "dead_rows": dead_rows,
            "stamp": stamp(self._folder / file),
        }


def _is_equal(old: dict, table: Table, found: dict[str, Contents]) -> bool:
    before, now = contents_in(old, table.name), found[table.name]
    return before.rows == now.rows and now.hashes in (None, before.hashes)


def _open_marts(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = connect(settings.data)
    connection.execute("set threads = 2")
    connection.execute(f"attach {quoted_text(str(settings.database))} as source (read_only)")
    return connection
