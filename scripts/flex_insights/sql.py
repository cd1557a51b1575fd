"""SQL on the marts, and its results as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from metricflow.data_table.mf_table import MetricFlowDataTable

from flex_insights.errors import UserError

LONGEST = 60  # characters of a value in a table
PLAIN_TYPES = (bool, int, float, Decimal, date, datetime)


def open_marts(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection for reading, in which the marts need no schema before their names.

    Raises UserError if nothing has been built, and duckdb.Error if another program writes to the file.
    """
    not_built = UserError(f"{database} holds no marts: run `flex-insights build` first, or set DATA.")
    if not database.exists():
        raise not_built
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute("use flex_insights.marts")
    except duckdb.CatalogException:
        connection.close()
        raise not_built from None
    return connection


def ask(database: Path, query: str) -> tuple[list[str], list[tuple]]:
    """Columns and rows of the answer.

    Raises UserError with DuckDB's words if the query cannot be run, otherwise as open_marts.
    """
    with open_marts(database) as marts:
        try:
            if answer := marts.execute(query):
                return [column[0] for column in answer.description], answer.fetchall()
        except duckdb.Error as error:
            raise UserError(str(error)) from None
    raise UserError("The query is empty: name one, such as 'select count(*) from fct_segments'.")


def as_text(columns: Sequence[str], rows: Sequence[tuple], decimals: int | None = None) -> str:
    """Rows as `mf query` prints them, with long values shortened."""
    if not rows:
        return f"(no rows: {', '.join(columns)})"
    cells = [tuple(map(_cell, row)) for row in rows]
    table = MetricFlowDataTable.create_from_rows(column_names=columns, rows=cells)
    return "\n".join(line.rstrip() for line in table.text_format(decimals).splitlines())


def _cell(value: object) -> object:
    if value is None or isinstance(value, PLAIN_TYPES):
        return value
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def as_csv(columns: Sequence[str], rows: Sequence[tuple]) -> str:
    """Rows as CSV with a header; NULL is an empty field."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([columns, *rows])
    return lines.getvalue().rstrip("\n")
