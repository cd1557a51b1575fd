"""Marts built by Spark, read with DuckDB: they are Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb

from flex_insights.database import connect
from flex_insights.settings import Settings
from flex_insights.sql_text import quoted, quoted_text


def connect_to_spark_marts(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A connection in which schema marts has a view of every mart. Raises duckdb.Error."""
    connection = connect(settings.data)
    connection.execute("create schema marts")
    for mart in mart_folders(settings.spark_warehouse):
        connection.execute(
            f"create view marts.{quoted(mart.name)} as from {parquet_of(mart)}"
        )
    return connection


def mart_folders(warehouse: Path) -> list[Path]:
    """The folder of each mart, by name."""
    return sorted(folder for folder in (warehouse / "marts.db").glob("*") if folder.is_dir())


def parquet_of(table: Path) -> str:
    """SQL that reads the files of a table, partitioned or not."""
    return f"read_parquet({quoted_text(str(table / '**' / '*.parquet'))}, hive_partitioning = false)"
