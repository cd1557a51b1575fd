"""Which marts are published, with which descriptions and keys."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

import duckdb

from flex_insights.sql_text import quoted

SCHEMA = "marts"
# Tables without an account that hold no one's data; all others without one are not published.
SHARED_TABLES = {"dim_dates", "dim_times"}
STORAGE_VERSION = "v1.0.0"


@dataclass(frozen=True)
class Table:
    """A mart as it is published; `columns` maps each name to its type.

    `touched_by` is an SQL expression of its columns: a build replaces only rows for which it is in
    int_touched_keys and, if a time is given there, whose `touched_since` is not before that time. Empty
    if a build makes the whole table.
    """

    name: str
    columns: dict[str, str]
    description: str = ""
    column_descriptions: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    touched_by: str = ""
    touched_since: str = ""

    @property
    def is_shared(self) -> bool:
        return "account_sid" not in self.columns

    @property
    def source(self) -> str:
        return f"source.{SCHEMA}.{quoted(self.name)}"

    @property
    def target(self) -> str:
        return f"published.main.{quoted(self.name)}"

    @property
    def of_account(self) -> str:
        """The condition for rows of the account that is published."""
        return "true" if self.is_shared else "account_sid = getvariable('account')"


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
        key = keys.get(node["unique_id"], [])
        tables.append(Table(name, columns, description, described, key, *_touched(node)))
    return tables


def definition(tables: list[Table]) -> str:
    """A hash of everything but the rows that determines published files."""
    # Hashes of rows may differ between versions of DuckDB.
    text = json.dumps([duckdb.__version__, STORAGE_VERSION, [asdict(table) for table in tables]])
    return hashlib.sha256(text.encode()).hexdigest()


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


def _touched(node: dict) -> tuple[str, str]:
    """touched_by and touched_since of a model."""
    config = node.get("config") or {}
    if config.get("incremental_strategy") != "replace_touched":
        return "", ""
    meta = config.get("meta") or {}
    return meta.get("touched_by") or "", meta.get("touched_since") or ""
