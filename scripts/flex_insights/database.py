"""DuckDB outside dbt, with the same memory limit; it spills to disk only in the data folder."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

# as in profiles.yml
MEMORY_LIMIT = "3GiB"


def connect(data: Path, database: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory connection, or a read-only one to a database file. Raises duckdb.Error."""
    config = {
        "temp_directory": str(data / "flex_insights.duckdb.tmp"),
        "memory_limit": os.environ.get("DUCKDB_MEMORY_LIMIT") or MEMORY_LIMIT,
        "preserve_insertion_order": "false",
    }
    if database is None:
        return duckdb.connect(config=config)
    return duckdb.connect(str(database), read_only=True, config=config)
