"""Asks MetricFlow in this process: its SQL, run on the tables of a build.

The command line `mf query` does the same, but takes seconds to start.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)

from flex_insights.docs.metric_sql import metricflow_engine

DATABASE = "flex_insights.duckdb"
# Names that MetricFlow reserves, and activity, which is the name of an entity
RENAMED = {
    "year": "calendar_year", "quarter": "quarter_of_year", "month": "month_of_year",
    "week": "week_of_year", "hour": "hour_of_day", "minute": "minute_of_hour",
    "activity": "activity_name",
}
DIMENSIONS = {
    "agent": "dim_agents", "first_agent": "dim_agents", "last_agent": "dim_agents",
    "customer": "dim_customers", "activity": "dim_activities",
    "queue": "dim_queues", "first_queue": "dim_queues", "last_queue": "dim_queues",
    "handling_team": "dim_teams", "handling_department": "dim_departments",
    "date": "dim_dates", "time": "dim_times",
}
FACTS = {"segment": "fct_segments", "conversation": "fct_conversations", "slice": "fct_workload"}
REACH = {
    "fct_segments": ("segment", "agent", "customer", "queue", "handling_team",
                     "handling_department", "activity", "date", "time"),
    "fct_conversations": ("conversation", "first_agent", "last_agent", "first_queue", "last_queue",
                          "handling_team", "customer", "date", "time"),
    "fct_workload": ("slice", "agent", "activity", "date", "time", "queue", "customer",
                     "handling_team", "segment"),
}
OTHER_KEYS = ("answered_by_segment_key", "transferred_from_segment_key", "date_key", "time_key")
NOT_FACTS = ("sla_threshold", "short_abandoned_threshold", "parallel_conversations")


class Metrics:
    """The metrics of a build's tables, for reading only; `data` is the build's folder."""

    def __init__(self, data: os.PathLike[str]) -> None:
        self.data = Path(data)
        path = self.data / "target" / "semantic_manifest.json"
        text = path.read_text(encoding="utf-8")
        self.manifest = parse_manifest_from_dbt_generated_manifest(text)
        self.engine = metricflow_engine(path)
        self.database = duckdb.connect(str(self.data / DATABASE), read_only=True)

    @contextmanager
    def of_account(self, account: str) -> Iterator["Metrics"]:
        """The same metrics as if nothing but this account's rows had been loaded."""
        alone = copy(self)
        with duckdb.connect() as alone.database:
            alone.database.execute(f"attach '{self.data / DATABASE}' as everybody (read_only)")
            alone.database.execute("attach ':memory:' as flex_insights; create schema flex_insights.marts")
            for table in self.rows("""
                select table_name as name, bool_or(column_name = 'account_sid') as has_account
                from duckdb_columns() where schema_name = 'marts' group by table_name
            """):
                where = f"where account_sid = '{account}'" if table["has_account"] else ""
                alone.database.execute(f"""
                    create view flex_insights.marts.{table['name']} as
                    select * from everybody.marts.{table['name']} {where}
                """)
            yield alone

    def names(self, kind: str | None = None) -> list[str]:
        """Names of all metrics, or of those of a kind ('simple', 'ratio', 'derived')."""
        return [metric.name for metric in self.manifest.metrics
                if kind in (None, metric.type.value)]

    def sql(self, metrics, by=(), where=None) -> str:
        """The SQL that answers; metrics and by are names, where holds conditions."""
        if isinstance(metrics, str):
            metrics = [metrics]
        return self.engine.explain(MetricFlowQueryRequest.create(
            metric_names=metrics, group_by_names=list(by),
            where_constraints=[where] if where else None,
        )).sql_statement.sql

    def ask(self, metrics, by=(), where=None) -> list[dict]:
        """The answer, a dictionary for each row."""
        return self.rows(self.sql(metrics, by, where))

    def rows(self, sql: str) -> list[dict]:
        """What a query of the tables gives, a dictionary for each row."""
        cursor = self.database.execute(sql)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row)) for row in cursor.fetchall()]

    def total(self, metric: str, where=None):
        """A metric over everything, or over what a condition leaves."""
        (row,) = self.ask(metric, where=where)
        return row[metric]

    def offered(self, metrics: list[str]) -> set[str]:
        """Names of all that MetricFlow offers to slice the metrics by."""
        items = self.engine.list_group_bys(metric_names=metrics)
        return {"metric_time", *(getattr(item, "dunder_name", item.name) for item in items)}

    def attributes(self, entity: str) -> list[str]:
        """Names of all dimensions that an entity's table should offer, from its columns."""
        table = {**DIMENSIONS, **FACTS}[entity]
        rows = self.database.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = 'marts' and table_name = ? order by column_index", [table],
        ).fetchall()
        key_of_row = entity in ("date", "time")
        return [
            f"{entity}__{RENAMED.get(name, name)}" for name, data_type in rows
            if not (name.endswith("_key") and (name not in OTHER_KEYS
                                               or name[:4] in ("date", "time") and not key_of_row))
            and not (entity in FACTS and data_type in ("BIGINT", "DOUBLE")
                     and name not in NOT_FACTS)
        ]

    def reach(self, mart: str) -> list[str]:
        """All that metrics on a mart must be sliced by."""
        entities = REACH[mart]
        found = [name for entity in entities for name in self.attributes(entity)]
        return [*found, *entities, "metric_time"]

    def mart(self, metric: str) -> str:
        """The mart whose attributes a metric is sliced by; that of the first one it is made of."""
        marts = {measure.name: model.name for model in self.manifest.semantic_models
                 for measure in model.measures}
        (found,) = (each for each in self.manifest.metrics if each.name == metric)
        if found.type.value == "simple":
            return marts[found.type_params.measure.name]
        return self.mart(found.input_metrics[0].name)

    def on_rows(self, folder: Path, rows: dict[str, list[dict]]) -> "Metrics":
        """The same metrics on marts of nothing but these rows, by table; what a row does not say
        is empty. They are written to a new folder."""
        (folder / "target").mkdir(parents=True)
        manifest = Path("target", "semantic_manifest.json")
        (folder / manifest).write_bytes((self.data / manifest).read_bytes())
        tables = self.rows("select table_name as name, column_name, data_type "
                           "from duckdb_columns() where schema_name = 'marts'")
        with duckdb.connect(str(folder / DATABASE)) as marts:
            marts.execute("create schema marts")
            for name in {table["name"] for table in tables}:
                columns = ", ".join(f"{t['column_name']} {t['data_type']}" for t in tables
                                    if t["name"] == name)
                marts.execute(f"create table marts.{name} ({columns})")
            for name, given in rows.items():
                for row in given:
                    places = ", ".join("?" for _ in row)
                    marts.execute(f"insert into marts.{name} ({', '.join(row)}) values ({places})",
                                  [*row.values()])
        return Metrics(folder)
