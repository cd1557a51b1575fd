"""The SQL that MetricFlow asks for a question, without the seconds that its command line needs."""

from __future__ import annotations

from pathlib import Path

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup


class _DuckDB:
    """All that MetricFlow wants to know of an engine in order to write SQL for it."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


def metricflow_engine(semantic_manifest: Path) -> MetricFlowEngine:
    """MetricFlow for the metrics in a semantic_manifest.json; it explains, and runs nothing."""
    text = semantic_manifest.read_text(encoding="utf-8")
    manifest = parse_manifest_from_dbt_generated_manifest(text)
    return MetricFlowEngine(semantic_manifest_lookup=SemanticManifestLookup(manifest),
                            sql_client=_DuckDB())


def metric_sql(engine: MetricFlowEngine, options: dict[str, str]) -> str:
    """The SQL for the options of `mf query`: metrics, group-by, where, order, limit."""

    def names(option: str) -> list[str] | None:
        return options[option].split(",") if option in options else None

    return engine.explain(MetricFlowQueryRequest.create(
        metric_names=names("metrics"),
        group_by_names=names("group-by"),
        order_by_names=names("order"),
        where_constraints=[options["where"]] if "where" in options else None,
        limit=int(options["limit"]) if "limit" in options else None,
    )).sql_statement.sql
