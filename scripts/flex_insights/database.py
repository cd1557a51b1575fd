"""DuckDB beside dbt: it keeps to the same limit of memory and spills into the data folder only."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

# as in profiles.yml
MEMORY_LIMIT = "3GiB"


def connect(data: Path, database: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection in memory, or for reading to a database file. Raises duckdb.Error."""
    config = {
        "temp_directory": str(data / "flex_insights.duckdb.tmp"),
        "memory_limit": os.environ.get("DUCKDB_MEMORY_LIMIT") or MEMORY_LIMIT,
        "preserve_insertion_order": "false",
    }
    if database is None:
        return duckdb.connect(config=config)
    return duckdb.connect(str(database), read_only=True, config=config)
