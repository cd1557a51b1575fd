"""`docs/measures.md`: every metric, table and column, written from the YAML beside the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flex_insights.docs.manifest import Manifest, with_links
from flex_insights.settings import PROJECT

PAGE = PROJECT / "docs" / "measures.md"
# YAML files of metrics → what they are about, in the order of the page
THEMES = {
    "fct_segments_metrics_volume": "What came in and what became of it",
    "fct_segments_metrics_waiting": "Waiting, giving up and the service level",
    "fct_segments_metrics_handling": "How agents' time is spent on conversations",
    "fct_segments_metrics_offers": "What agents were offered",
    "fct_segments_metrics_transfers": "Transfers",
    "fct_conversations_semantics": "Whole conversations",
    "fct_workload_semantics": "Workload by quarter hour",
}
HEAD = """\
# Metrics, tables and columns

For anyone who reads or builds reports: what each metric counts, what each column means, and which model
holds the rule behind it.

This page is written by `make pages` from the YAML in `models/`. Change that, not this page.

- [Metrics](#metrics) by subject, and [saved queries](#saved-queries)
- [Slicing](#slicing): what to group and filter metrics by
- [Tables](#tables) and their columns

## Metrics

After `make build`, one command answers a question (in `.venv/bin`, with `DATA` set as the build says):

```sh
mf query --metrics abandoned_conversations,abandoned_conversations_rate \\
    --group-by queue__queue_name,metric_time__week --where "{{ Entity('queue') }} is not null"
mf query --saved-query service_level_by_half_hour
```

The filter leaves out rows that belong to no queue, such as agents' activities: without it the answer has a
row without a queue, and one for each week in which agents only changed activities.
`--order metric_time` sorts, `--limit 10` cuts, `--csv file.csv` writes a file, `--explain` shows the SQL.

Times are whole seconds; shares are between 0 and 1. A count of nothing is 0; a sum, mean or share of nothing is
empty. A filter applies to the whole formula. `{{ Dimension('segment__kind') }} = 'Queue'`, for instance, leaves
only waits, so `abandoned_conversations_rate` loses the conversations that were handled and becomes 1.

Metrics of segments count rows by the `kind` that they show. If your Flex set-up supplies another kind for a
talk, `Survey` for instance, metrics of kind Conversation leave that talk out. The columns of
`fct_conversations` count by the kind that follows from the events, so they include it. That is why the
metric `handled_conversations` can be smaller than the number of conversations with `is_handled`.
"""
SLICING = """\
## Slicing

A dimension is written `entity__dimension`: `agent__full_name`, `segment__channel`. An entity alone is its
key. The [tables](#tables) name the dimension of each column. The formula of a metric says what it counts:
rows and segments are in `fct_segments`, conversations in `fct_conversations`, slices in `fct_workload`. A dimension
can also be reached through another entity: `segment__handling_department__department_name`. `metric_time` is the
local start of the segment, the conversation or the slice. Times take a grain: `metric_time__hour`,
`segment__ended_at__month`.
"""
TABLES = """\
## Tables

All tables of the schema `marts`. Times are UTC, except in columns that end in `_local`. A dimension has the
name of its column, unless MetricFlow reserves that word.
"""


def dictionary(manifest: Manifest) -> str:
    """The page in Markdown."""
    parts = [HEAD]
    for theme, metrics in metrics_by_theme(manifest):
        rows = [_metric_row(metric) for metric in metrics]
        head = ("metric", "meaning", "formula", "unit", "Flex Insights")
        parts.append(f"### {theme}\n\n{_table(head, rows)}")
    parts.append("## Saved queries\n\n" + _table(
        ("saved query", "question", "metrics", "by"),
        [(f"`{query['name']}`", _line(query["description"]),
          ", ".join(query["query_params"]["metrics"]),
          ", ".join(map(_asked_name, query["query_params"]["group_by"])))
         for query in manifest.saved_queries],
    ))
    parts.append(SLICING + "\n" + _table(
        ("metrics on", "can be sliced by"),
        [(f"[`{model['name']}`](#{model['name']})",
          ", ".join(f"`{entity['name']}`" for entity in model["entities"]))
         for model in manifest.semantic_models if model["measures"]],
    ))
    parts.append(TABLES)
    parts += [_mart(mart, manifest) for mart in manifest.marts]
    return "\n".join(parts)


def metrics_by_theme(manifest: Manifest) -> list[tuple[str, list[dict[str, Any]]]]:
    """(theme, metrics) in the order of the page."""
    files = {Path(metric["original_file_path"]).stem: [] for metric in manifest.metrics}
    for metric in manifest.metrics:
        files[Path(metric["original_file_path"]).stem].append(metric)
    order = [*(file for file in THEMES if file in files), *(f for f in files if f not in THEMES)]
    return [(THEMES.get(file, file), files[file]) for file in order]


def _mart(mart: dict[str, Any], manifest: Manifest) -> str:
    names, others = manifest.dimension_names(mart)
    text = _line(mart["description"])
    if others:
        text += f" From a conversation, also {' and '.join(f'`{name}__…`' for name in others)}."
    head = ("column", "type", *(["dimension"] if names else []), "meaning")
    rows = []

    def link(rule: str) -> str:
        return f"[`{rule}`](../{manifest.path_of(rule)})"

    for column in mart["columns"].values():
        name = names.get(column["name"])
        dimension = [f"`{name}`" if name else ""] if names else []
        meaning = _line(with_links(column["description"], link))
        rows.append((f"`{column['name']}`", column["data_type"], *dimension, meaning))
    return f"### {mart['name']}\n\n{text}\n\n{_table(head, rows)}"


def _metric_row(metric: dict[str, Any]) -> tuple[str, ...]:
    meta = metric["config"]["meta"]
    return (f"`{metric['name']}`<br>{metric['label']}", _line(metric["description"]),
            _line(meta["formula"]), meta["unit"], meta.get("flex_insights_name", ""))


def _asked_name(group_by: str) -> str:
    """TimeDimension('metric_time', 'day') → `metric_time__day`."""
    return "`" + "__".join(group_by.split("(")[1].rstrip(")").replace("'", "").split(", ")) + "`"


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
