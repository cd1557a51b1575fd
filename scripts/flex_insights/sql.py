"""Ask the marts in SQL: python -m flex_insights.sql "select count(*) from fct_segments"."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
from metricflow.data_table.mf_table import MetricFlowDataTable

from flex_insights.settings import SettingsError, read_settings


def open_marts(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection for reading, in which the marts need no schema before their names.

    Raises duckdb.Error if there is no database or somebody writes to it.
    """
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("use flex_insights.marts")
    return connection


def as_text(columns: Sequence[str], rows: Sequence[tuple], decimals: int | None = None) -> str:
    """Rows as `mf query` prints them."""
    if not rows:
        return f"(no rows: {', '.join(columns)})"
    table = MetricFlowDataTable.create_from_rows(column_names=columns, rows=rows)
    return "\n".join(line.rstrip() for line in table.text_format(decimals).splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query", help="SQL; DATA says where the marts are, as for a build")
    arguments = parser.parse_args()
    try:
        with open_marts(read_settings().database) as marts:
            answer = marts.execute(arguments.query)
            columns = [column[0] for column in answer.description]
            print(as_text(columns, answer.fetchall()))
    except (SettingsError, duckdb.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
