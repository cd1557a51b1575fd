"""Reads a folder of published files with whatever clients are installed, as BI tools would.

Run by `make test-bi` in environments that hold other versions of DuckDB than the project's; so it
needs nothing of the project. Ends with status 1 at the first thing that is not as it should be.
"""

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import duckdb


def main():
    folder = Path(sys.argv[1])
    manifest = json.loads((folder / "manifest.json").read_text())
    accounts = manifest["accounts"].values()
    assert accounts, f"{folder} holds no account"
    readers = [with_duckdb]
    readers += [with_sqlalchemy] if find_spec("duckdb_engine") else []
    readers += [with_pandas, with_polars, with_arrow] if find_spec("polars") else []
    for reader in readers:
        for entry in accounts:
            tables = {name: rows for name, rows in entry["rows"].items()}
            reader(str(folder / entry["file"]), tables)
        print(f"duckdb {version('duckdb')}: {reader.__name__.replace('_', ' ')} reads all tables")


def with_duckdb(path, tables):
    """Rows, types and comments; and a file that is opened read-only stays as it is."""
    before = Path(path).read_bytes()
    with duckdb.connect(path, read_only=True) as connection:
        names = connection.execute(
            "select table_name, comment from duckdb_tables() where not internal"
        ).fetchall()
        assert {name for name, _ in names} == set(tables)
        assert all(comment for _, comment in names), "a table without a comment"
        for table, rows in tables.items():
            assert len(connection.execute(f"from {table}").fetchall()) == rows, table
        (without,) = connection.execute(
            "select count(*) from duckdb_columns() where not internal and comment is null"
        ).fetchone()
        assert without == 0, "a column without a comment"
        keys = "select count(*) from duckdb_constraints() where constraint_type != 'NOT NULL'"
        assert connection.execute(keys).fetchone() == (0,)
        assert connection.execute("select count(*) from duckdb_indexes()").fetchone() == (0,)
    assert Path(path).read_bytes() == before


def with_sqlalchemy(path, tables):
    """Tables, columns and comments as a tool finds them by reflection."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(
        f"duckdb:///{path}", connect_args={"read_only": True}
    )
    inspector = sqlalchemy.inspect(engine)
    assert set(inspector.get_table_names(schema="main")) == set(tables)
    for table, rows in tables.items():
        columns = inspector.get_columns(table, schema="main")
        assert columns and all(column["comment"] for column in columns), table
        assert inspector.get_table_comment(table, schema="main")["text"], table
        reflected = sqlalchemy.Table(table, sqlalchemy.MetaData(), autoload_with=engine)
        with engine.connect() as connection:
            assert len(connection.execute(sqlalchemy.select(reflected)).all()) == rows, table
    engine.dispose()


def with_pandas(path, tables):
    with duckdb.connect(path, read_only=True) as connection:
        for table, rows in tables.items():
            frame = connection.sql(f"from {table}").df()
            assert len(frame) == rows and len(frame.columns), table


def with_polars(path, tables):
    with duckdb.connect(path, read_only=True) as connection:
        for table, rows in tables.items():
            frame = connection.sql(f"from {table}").pl()
            assert frame.height == rows and frame.width, table


def with_arrow(path, tables):
    with duckdb.connect(path, read_only=True) as connection:
        for table, rows in tables.items():
            relation = connection.sql(f"from {table}")
            # called otherwise since 1.5
            fetch = getattr(relation, "to_arrow_table", None) or relation.fetch_arrow_table
            found = fetch()
            assert found.num_rows == rows and found.num_columns, table


if __name__ == "__main__":
    main()
