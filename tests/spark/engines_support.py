"""The project's macros in SQL, compiled by dbt for either engine and run there."""

import json
import os
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from flex_insights.settings import PROJECT, Settings
from flex_insights.spark.session import finish, open_session, prepare

ENGINES = ("duckdb", "spark")
BETWEEN = "\n-- and then\n"
# Unlike each other and unlike UTC, with changes of the clock: nothing may depend on them.
TIME_ZONES = {"duckdb": "Australia/Lord_Howe", "spark": "America/New_York"}


class Engines:
    def __init__(self, folder):
        self.folder = folder
        os.chdir(PROJECT)
        os.environ["SPARK_TIME_ZONE"] = TIME_ZONES["spark"]
        self.settings = Settings("", folder, reporting_time_zone="Europe/Berlin", engine="spark")
        prepare(self.settings)
        self.spark = open_session(self.settings)
        self.duckdb = duckdb.connect()
        self.duckdb.execute(f"set timezone = '{TIME_ZONES['duckdb']}'")

    def compile(self, engine, statements, variables=None):
        """Statements with calls of macros as an engine is given them. Raises AssertionError with
        what dbt says."""
        sql = BETWEEN.join(statements)
        arguments = ["--quiet", "--log-path", str(self.folder / "logs"), "compile", "--inline", sql]
        target = "compile_only" if engine == "duckdb" else engine
        arguments += ["--target", target, "--target-path", str(self.folder / f"target_{engine}")]
        arguments += ["--no-populate-cache", "--vars", json.dumps(variables or {})]
        done = dbtRunner().invoke(arguments)
        DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception or done.result
        return done.result[0].node.compiled_code.split(BETWEEN)

    def run(self, engine, sql):
        """The rows of a statement, in the order that it gives. Raises the engine's own errors."""
        if engine == "duckdb":
            rows = self.duckdb.execute(sql).fetchall()
        else:
            rows = [tuple(row) for row in self.spark.sql(sql).collect()]
        return [tuple(plain(value) for value in row) for row in rows]

    def table(self, name, columns, rows):
        """A temporary table of the same name on both: columns as {name: type}."""
        types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.spark.createDataFrame(rows, types).createOrReplaceTempView(name)
        self.duckdb.execute(f"create or replace temp table {name} ({types})")
        if rows:
            marks = ", ".join("?" for _ in columns)
            self.duckdb.executemany(f"insert into {name} values ({marks})", rows)

    def close(self):
        self.duckdb.close()
        finish(self.settings)


def plain(value):
    """A value without what only the drivers differ in."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc).isoformat(" ") + " with zone"
    if isinstance(value, datetime | date):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, timedelta):
        return str(value)
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        # DuckDB gives null for an object that is not there, Spark an object of nulls
        inner = {name: plain(inner) for name, inner in value.items()}
        return inner if any(kept is not None for kept in inner.values()) else None
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def portable_macros():
    """{name of a macro: the engines that it is written for}, of all under macros/portable."""
    found = {}
    for file in sorted((PROJECT / "macros" / "portable").glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"adapter\.dispatch\('(\w+)'\)", text):
            found[name] = {e for e in ENGINES if f"macro {e}__{name}(" in text}
    return found
