"""DuckDB outside dbt, with the same memory limit; it spills to disk only in the data folder."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

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


Result = TypeVar("Result")

# What DuckDB, and dbt with its words, say of files that are not as they were written.
SIGNS_OF_DAMAGE = (
    *("is not a valid DuckDB database file", "Could not read enough bytes from file"),
    *("Corrupt database file", "does not match stored checksum", "Failure while replaying WAL"),
    *("Serialization Error", "with version number"),
)


def is_damage(error: Exception) -> bool:
    """Whether an error says that a database file is cut, corrupt, or no database at all."""
    return bool(_what_is_damaged(error))


def rebuilding_if_damaged(database: Path, work: Callable[[], Result]) -> Result:
    """Does some work that builds the database, or looks something up in it.

    If the database turns out damaged it is set aside, since it holds nothing that cannot be built again
    from the landing zone, and the work is done once more.
    """
    try:
        return work()
    except Exception as error:
        if not database.exists() or not is_damage(error):
            raise
        aside = set_aside(database)
        print(
            f"{database} is damaged ({_what_is_damaged(error)}): it is set aside as {aside.name}, and "
            "everything is built again."
        )
    # DuckDB opens a file once in a process, and again only when nothing holds on to that.
    gc.collect()
    return work()


def set_aside(database: Path) -> Path:
    """Renames a database with its log of changes; one that was set aside before goes."""
    aside = database.with_name(f"{database.name}.damaged")
    for suffix in (".wal", ""):
        old = Path(f"{database}{suffix}")
        if old.exists():
            old.replace(f"{aside}{suffix}")
    return aside


def _what_is_damaged(error: Exception) -> str:
    """The line of an error that says so; empty if there is none."""
    for line in str(error).splitlines():
        # of the landing zone the ledger knows more
        if any(sign in line for sign in SIGNS_OF_DAMAGE) and ".parquet" not in line:
            return line.strip()
    return ""
