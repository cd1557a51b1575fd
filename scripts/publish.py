"""One DuckDB file an account, for BI tools: that account's marts and nothing else.

Files have storage version v1.0.0, which every DuckDB reader since 1.0 opens, and carry no keys or
indices, which 1.0 cannot read. A file is written aside and renamed, so a reader that has the old
one open goes on with it; it is left alone when nothing in it changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import yaml

from scripts.progress import Progress
from scripts.settings import PROJECT, Settings

SCHEMA = "marts"
# Tables without an account that hold nothing of anybody; others without one stay unpublished.
SHARED_TABLES = {"dim_dates", "dim_times"}
STORAGE_VERSION = "v1.0.0"
PLAIN_NAME = re.compile(r"AC[0-9A-Za-z_-]{1,64}|unknown")


@dataclass(frozen=True)
class Table:
    """A mart as it is published; `columns` maps each name to its type."""

    name: str
    columns: dict[str, str]
    description: str = ""
    column_descriptions: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)

    @property
    def is_shared(self) -> bool:
        return "account_sid" not in self.columns

    @property
    def source(self) -> str:
        return f"source.{SCHEMA}.{quoted(self.name)}"


@dataclass(frozen=True)
class Published:
    """What a run of `publish` did, in accounts."""

    written: list[str]
    unchanged: list[str]
    removed: list[str]


def publish(settings: Settings, progress: Progress) -> Published:
    """Brings `published/` up to date with the marts.

    Raises OSError or duckdb.Error where a file cannot be written; what is published stays whole.
    """
    folder = settings.published
    folder.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(folder)
    before = read_manifest(folder)
    with _open_marts(settings) as connection:
        tables = read_tables(connection, json.loads(settings.dbt_manifest.read_text("utf-8")))
        accounts = _describe_accounts(connection, tables)
        known = before.get("accounts", {})
        stale = [a for a in accounts if not _is_current(folder, accounts[a], known.get(a))]
        _disown(folder, before, stale)
        for number, account in enumerate(stale, 1):
            progress(f"publishing {account} ({number} of {len(stale)})")
            _write_file(connection, tables, account, folder / accounts[account]["file"])
    progress.done()
    unchanged = [account for account in accounts if account not in stale]
    for account in unchanged:
        accounts[account]["built_at"] = known[account]["built_at"]
    removed = sorted(set(known) - set(accounts))
    _remove_others(folder, {description["file"] for description in accounts.values()})
    manifest = _manifest(accounts, tables)
    if manifest != before:
        _write_manifest(folder, manifest)
    return Published(stale, unchanged, removed)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def file_names(accounts: Iterable[str]) -> dict[str, str]:
    """The name of each account's file: its SID, where that is one; else a safe form of it and a
    hash, so that no account's name leads out of the folder or to another account's file, also
    where file names ignore letter case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for account in sorted(accounts):
        name = account
        if not PLAIN_NAME.fullmatch(account) or account.casefold() in taken:
            readable = re.sub(r"[^0-9A-Za-z_-]", "_", account)[:40]
            name = f"{readable}.{hashlib.sha256(account.encode()).hexdigest()[:16]}"
        taken.add(name.casefold())
        names[account] = f"{name}.duckdb"
    return names


def read_manifest(folder: Path) -> dict:
    """What is published, as `manifest.json` says; empty if there is none that can be read."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def read_tables(connection: duckdb.DuckDBPyConnection, dbt_manifest: dict) -> list[Table]:
    """The marts to publish, by name, with descriptions and keys from the dbt manifest."""
    models = {
        node["alias"]: node
        for node in dbt_manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == SCHEMA
    }
    keys = _keys(dbt_manifest)
    tables = []
    for name, node in sorted(models.items()):
        columns = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where database_name = 'source'"
                " and schema_name = $1 and table_name = $2 order by column_index",
                [SCHEMA, name],
            ).fetchall()
        )
        if "account_sid" not in columns and name not in SHARED_TABLES:
            continue
        described = {
            column: text
            for column, entry in node["columns"].items()
            if column in columns and (text := " ".join(entry["description"].split()))
        }
        description = " ".join(node["description"].split())
        tables.append(
            Table(name, columns, description, described, keys.get(node["unique_id"], []))
        )
    return tables


def _keys(dbt_manifest: dict) -> dict[str, list[str]]:
    """Columns that the data tests prove unique, by model."""
    keys = {}
    for node in dbt_manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        if test.get("name") == "unique_key":
            keys[node["attached_node"]] = test["kwargs"]["columns"]
        elif test.get("name") == "unique":
            keys.setdefault(node["attached_node"], [node["column_name"]])
    return keys


def _open_marts(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = {quoted_text(str(settings.database) + '.tmp')}")
    connection.execute("set threads = 2")
    if limit := os.environ.get("DUCKDB_MEMORY_LIMIT"):
        connection.execute(f"set memory_limit = {quoted_text(limit)}")
    connection.execute(f"attach {quoted_text(str(settings.database))} as source (read_only)")
    return connection


def _describe_accounts(
    connection: duckdb.DuckDBPyConnection, tables: list[Table]
) -> dict[str, dict]:
    """Each account's entry of the manifest: file, fingerprint, latest event, rows by table."""
    shared = {table.name: _contents(connection, table) for table in tables if table.is_shared}
    own = {table.name: _contents(connection, table) for table in tables if not table.is_shared}
    accounts = sorted({account for rows in own.values() for account in rows})
    names = file_names(accounts)
    latest = _latest_events(connection, tables)
    entries = {}
    for account in accounts:
        contents = {
            table.name: shared[table.name][None]
            if table.is_shared
            else own[table.name].get(account, (0, "0"))
            for table in tables
        }
        entries[account] = {
            "file": names[account],
            "data_up_to": latest.get(account),
            "built_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "fingerprint": _fingerprint(tables, contents),
            "rows": {name: rows for name, (rows, _) in contents.items()},
        }
    return entries


def _contents(
    connection: duckdb.DuckDBPyConnection, table: Table
) -> dict[str | None, tuple[int, str]]:
    """Number of rows and a sum over their hashes, which is the same in any order, by account."""
    account = "null" if table.is_shared else "account_sid"
    rows = connection.execute(
        f"select {account}, count(*), sum(hash(whole_row)::hugeint)::varchar"
        f" from {table.source} as whole_row group by 1"
    ).fetchall()
    found = {account: (count, total) for account, count, total in rows}
    return found or ({None: (0, "0")} if table.is_shared else {})


def _latest_events(
    connection: duckdb.DuckDBPyConnection, tables: list[Table]
) -> dict[str, str | None]:
    if not any(table.name == "data_freshness" for table in tables):
        return {}
    return dict(
        connection.execute(
            f"select account_sid, strftime(last_event_at, '%Y-%m-%dT%H:%M:%S+00:00')"
            f" from source.{SCHEMA}.data_freshness"
        ).fetchall()
    )


def _fingerprint(tables: list[Table], contents: dict[str, tuple[int, str]]) -> str:
    # The hash of rows may differ between versions of DuckDB.
    described = [[asdict(table), contents[table.name]] for table in tables]
    text = json.dumps([duckdb.__version__, STORAGE_VERSION, described])
    return hashlib.sha256(text.encode()).hexdigest()


def _is_current(folder: Path, description: dict, before: dict | None) -> bool:
    return (
        before is not None
        and before["fingerprint"] == description["fingerprint"]
        and before["file"] == description["file"]
        and (folder / description["file"]).exists()
    )


def _write_file(
    connection: duckdb.DuckDBPyConnection, tables: list[Table], account: str, path: Path
) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    connection.execute("set variable account = $1", [account])
    connection.execute(
        f"attach {quoted_text(str(aside))} as published (storage_version '{STORAGE_VERSION}')"
    )
    try:
        # One transaction, or each of hundreds of comments waits for the disk.
        connection.execute("begin")
        for table in tables:
            _copy_table(connection, table)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.execute("detach published")
    os.chmod(aside, 0o640)
    _replace(aside, path)


def _copy_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    target = f"published.main.{quoted(table.name)}"
    rows = "" if table.is_shared else "where account_sid = getvariable('account')"
    connection.execute(f"create table {target} as select * from {table.source} {rows}")
    if table.description:
        connection.execute(f"comment on table {target} is {quoted_text(table.description)}")
    for column, text in table.column_descriptions.items():
        connection.execute(f"comment on column {target}.{quoted(column)} is {quoted_text(text)}")


def _replace(aside: Path, path: Path) -> None:
    """Puts a finished file in its place so that it is there whole, also after a loss of power."""
    _flush(aside)
    # A tool that opened the old file for writing may have left a log of changes to it; the new
    # file must not be taken for the one that it belongs to.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    os.replace(aside, path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_unfinished(folder: Path) -> None:
    for path in folder.glob(".*.tmp*"):
        path.unlink()


def _remove_others(folder: Path, files: set[str]) -> None:
    for path in folder.glob("*.duckdb"):
        if path.name not in files:
            path.unlink()
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _disown(folder: Path, before: dict, stale: list[str]) -> None:
    """Takes the fingerprints of files that are about to be replaced out of the manifest.

    A run that is killed behind a file leaves the former manifest. Should the marts become again
    what it tells, as when a setting is changed and changed back, the file would pass for theirs.
    """
    disowned = [account for account in stale if account in before.get("accounts", {})]
    for account in disowned:
        before["accounts"][account]["fingerprint"] = None
    if disowned:
        _write_manifest(folder, before)


def _manifest(accounts: dict, tables: list[Table]) -> dict:
    return {
        "version": yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["version"],
        "tables": {table.name: {"key": table.key} for table in tables},
        "accounts": accounts,
    }


def _write_manifest(folder: Path, manifest: dict) -> None:
    aside = folder / ".manifest.json.tmp"
    aside.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    os.chmod(aside, 0o640)
    _replace(aside, folder / "manifest.json")
