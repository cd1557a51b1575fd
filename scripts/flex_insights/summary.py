"""What a build ends with: what was loaded, what came of it, and where it is."""

from __future__ import annotations

import shlex

import duckdb

from flex_insights.load_events import LoadReport
from flex_insights.publish import Published
from flex_insights.settings import Settings
from flex_insights.spark.marts import connect_to_spark_marts

# Metrics count by the kind that is shown, and so does this.
HEADLINES = """
    with counted as (
        select
            count(distinct conversation_key) as conversations,
            count(distinct conversation_key)
                filter (where kind = 'Conversation' and is_handled) as handled,
            count(distinct conversation_key) filter (where is_abandoned) as abandoned
        from marts.fct_segments
    ),
    summed as (
        select
            sum(abandon_time) as abandon_time, sum(queue_time) as queue_time,
            sum(talk_time) as talk_time, sum(wrap_up_time) as wrap_up_time
        from marts.agg_measures_daily
    )
    select
        conversations as "conversations",
        handled as "handled conversations",
        abandoned as "abandoned conversations",
        abandon_time as "abandonment time",
        queue_time as "queue time",
        talk_time as "talk time",
        wrap_up_time as "wrap up time"
    from counted cross join summed
"""


def summarise(settings: Settings, load: LoadReport, published: Published | None) -> list[str]:
    """Lines for the user: what this load brought, all that is in the marts, where to find it."""
    with _marts(settings) as connection:
        fates = connection.execute(
            "select fate, sum(events)::bigint from marts.audit_events group by 1 order by 2 desc, 1"
        ).fetchall()
        (rejects,) = connection.execute("select count(*) from marts.audit_rejects").fetchone()
        kinds = connection.execute(
            "select kind, count(*) from marts.fct_segments group by 1 order by 2 desc, 1"
        ).fetchall()
        headlines = connection.execute(HEADLINES)
        names = [column[0] for column in headlines.description]
        values = headlines.fetchone()
    return [
        *_table("Loaded now", _loaded(load)),
        *_table("Events in all", [*_fates(dict(fates)), ("rejected lines", rejects)]),
        *_table("Segments", kinds),
        *_table("Measures", [_measure(*pair) for pair in zip(names, values)]),
        *_places(settings, published),
    ]


def _marts(settings: Settings) -> duckdb.DuckDBPyConnection:
    if settings.engine == "spark":
        return connect_to_spark_marts(settings)
    return duckdb.connect(str(settings.database), read_only=True)


def _loaded(load: LoadReport) -> list[tuple[str, int]]:
    return [
        ("files", load.files),
        ("of these with nothing new", load.files_skipped),
        ("events", load.events),
        ("rejected lines", load.rejected),
    ]


def _fates(fates: dict[str, int]) -> list[tuple[str, int]]:
    duplicates = fates.pop("duplicate", 0)
    return [
        ("events", sum(fates.values()) + duplicates),
        *((f"of these {fate}", count) for fate, count in fates.items()),
        ("of these duplicates", duplicates),
    ]


def _measure(name: str, value: int | None) -> tuple[str, int | str]:
    if not name.endswith(" time"):
        return name, value or 0
    minutes, seconds = divmod(value or 0, 60)
    return f"{name} (h:mm:ss)", f"{minutes // 60:,}:{minutes % 60:02}:{seconds:02}"


def _table(title: str, rows: list[tuple[str, int | str]]) -> list[str]:
    values = [f"{value:,}" if isinstance(value, int) else value for _, value in rows]
    return [title] + [f"  {label:<30}{value:>14}" for (label, _), value in zip(rows, values)]


def _places(settings: Settings, published: Published | None) -> list[str]:
    if published is None:
        return [
            "Result",
            f"  {settings.spark_warehouse / 'marts.db'}/ (Parquet, a folder a mart; local times are"
            f" those of {settings.reporting_time_zone})",
            f"  For dbt: export DATA={shlex.quote(str(settings.data.resolve()))}"
            f" REPORTING_TIME_ZONE={settings.reporting_time_zone}, and dbt … --target spark",
        ]
    count = len(published.written) + len(published.unchanged)
    return [
        "Result",
        f"  {settings.database} (schema marts; local times are those of"
        f" {settings.reporting_time_zone})",
        f"  {settings.published}/ for BI tools (accounts: {count}, new or changed:"
        f" {len(published.written)})",
        f"  For dbt and mf: export DATA={shlex.quote(str(settings.data))}"
        f" REPORTING_TIME_ZONE={settings.reporting_time_zone}",
    ]
