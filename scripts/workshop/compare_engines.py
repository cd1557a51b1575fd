"""`make compare-engines`: compares the marts that DuckDB and Spark built from one landing zone.

Compares every mart row by row and column by column, with types. DATA names the folder, as for a build.
Spark's tables are read as Parquet files.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import duckdb

from flex_insights.database import connect
from flex_insights.settings import Settings, SettingsError, read_settings
from flex_insights.spark.marts import mart_folders, parquet_of
from flex_insights.sql_text import quoted, quoted_text

SHOWN_ROWS = 5
# Enough to find the counterpart of each row that is shown.
LOOKED_AT_ROWS = 200


class CompareError(Exception):
    """There is nothing to compare; the message says what to do."""


@dataclass(frozen=True)
class Comparison:
    """How one mart differs; `rows` counts those that both have."""

    mart: str
    rows: int
    differences: list[str]


def compare_marts(settings: Settings) -> list[Comparison]:
    """Compares every mart of either engine. Raises CompareError if an engine has none."""
    for place in (settings.database, settings.spark_warehouse):
        if not place.exists():
            raise CompareError(
                f"{place} does not exist: run `make build` and `make build ENGINE=spark` with this DATA first."
            )
    with connect(settings.data) as connection:
        database = quoted_text(str(settings.database))
        connection.execute(f"attach {database} as built_by_duckdb (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'built_by_duckdb' and schema_name = 'marts'"
        )
        ours = {name: f"built_by_duckdb.marts.{quoted(name)}" for (name,) in tables.fetchall()}
        theirs = {mart.name: parquet_of(mart) for mart in mart_folders(settings.spark_warehouse)}
        return [
            _compare(connection, mart, ours.get(mart), theirs.get(mart))
            for mart in sorted(ours | theirs)
        ]


def _compare(
    connection: duckdb.DuckDBPyConnection, mart: str, one: str | None, other: str | None
) -> Comparison:
    if not (one and other):
        return Comparison(mart, 0, [f"only {'DuckDB' if one else 'Spark'} has this mart"])
    columns, other_columns = _columns(connection, one), _columns(connection, other)
    if columns != other_columns:
        return Comparison(mart, 0, _differing_columns(columns, other_columns))
    (rows,) = connection.execute(f"select count(*) from {one}").fetchone()
    only_one = _only(connection, one, other)
    only_other = _only(connection, other, one)
    names = [name for name, _ in columns]
    return Comparison(mart, rows, _differing_rows(names, only_one, only_other))


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.execute(f"describe from {relation}").fetchall()]


def _only(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[tuple]:
    return connection.execute(
        f"from {one} except all from {other} order by all limit {LOOKED_AT_ROWS}"
    ).fetchall()


def _differing_columns(columns: list, other_columns: list) -> list[str]:
    ours = [f"DuckDB: {name} {kind}" for name, kind in columns if (name, kind) not in other_columns]
    theirs = [f"Spark: {name} {kind}" for name, kind in other_columns if (name, kind) not in columns]
    return ours + theirs or ["the order of the columns differs"]


def _differing_rows(names: list[str], ours: list[tuple], theirs: list[tuple]) -> list[str]:
    lines = []
    for row in ours[:SHOWN_ROWS]:
        twin = min(theirs, key=lambda o: sum(a != b for a, b in zip(row, o)), default=None)
        if twin is None or 2 * sum(a == b for a, b in zip(row, twin)) < len(row):
            lines.append(f"only DuckDB has {_shown(names, row)}")
            continue
        theirs = [other for other in theirs if other is not twin]
        wrong = [f"{n} {a!r} | {b!r}" for n, a, b in zip(names, row, twin) if a != b]
        lines.append(f"{_shown(names, row)}: {', '.join(wrong)}")
    lines += [f"only Spark has {_shown(names, row)}" for row in theirs[: SHOWN_ROWS - len(lines)]]
    return lines


def _shown(names: list[str], row: tuple) -> str:
    return ", ".join(f"{name} {value}" for name, value in list(zip(names, row))[:3])


def describe(comparison: Comparison) -> str:
    """A summary line, and a line for each difference."""
    if not comparison.differences:
        return f"{comparison.mart:<30}{comparison.rows:>12,} rows alike"
    return "\n    ".join([f"{comparison.mart:<30} differs", *comparison.differences])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    try:
        comparisons = compare_marts(read_settings())
    except (SettingsError, CompareError, duckdb.Error) as error:
        print(error, file=sys.stderr)
        return 1
    print(*map(describe, comparisons), sep="\n")
    return int(any(comparison.differences for comparison in comparisons))


if __name__ == "__main__":
    sys.exit(main())
