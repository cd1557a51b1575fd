"""`docs/measures.md`: every metric and every dimension, written from the YAML beside the marts.

    python -m flex_insights.docs.dictionary            # after a build: write the page
    python -m flex_insights.docs.dictionary --check    # fail if it is not what the YAML says
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from flex_insights.docs.manifest import Manifest, NotBuiltError, read_manifest, with_links
from flex_insights.settings import PROJECT, SettingsError, read_settings

PAGE = PROJECT / "docs" / "measures.md"
# YAML files of metrics → what they are about, in the order of the page
THEMES = {
    "fct_segments_metrics_volume": "What came in and what became of it",
    "fct_segments_metrics_waiting": "Waiting, giving up and the service level",
    "fct_segments_metrics_handling": "What conversations cost agents' time",
    "fct_segments_metrics_offers": "What agents were offered",
    "fct_segments_metrics_transfers": "Transfers",
    "fct_conversations_semantics": "Conversations as a whole",
    "fct_workload_semantics": "Workload by quarter of an hour",
}
HEAD = """\
# Measures

All metrics and what they can be sliced by. This page is written by `python -m flex_insights.docs.dictionary` from
the YAML in `models/marts/`; change that, not this.

After `make build` one command answers a question (in `.venv/bin`, with `DATA` set as the build says):

```sh
mf query --metrics abandoned_conversations --group-by queue__queue_name,metric_time__week
mf query --saved-query service_level_by_half_hour
```

Times are whole seconds, shares are between 0 and 1 unless something else is said. Over nothing a count is 0,
and everything else is empty. `--where "{{ Dimension('segment__direction') }} = 'Inbound'"` leaves only some
rows, `--order metric_time` sorts, `--csv file.csv` writes a file, `--explain` shows the SQL.

*Metrics of segments follow the kind that a row shows*: a talk to which your Flex set-up gave another kind
(Survey, say) is none of kind Conversation.
"""


def dictionary(manifest: Manifest) -> str:
    """The page in Markdown."""
    parts = [HEAD, "## Metrics\n"]
    for theme, metrics in metrics_by_theme(manifest):
        rows = [_metric_row(metric) for metric in metrics]
        head = ("metric", "what it says", "formula", "unit", "Flex Insights")
        parts.append(f"### {theme}\n\n{_table(head, rows)}")
    parts.append(_slicing(manifest))
    parts.append("## Saved queries\n\n" + _table(
        ("saved query", "what it answers", "metrics", "by"),
        [(f"`{query['name']}`", _line(query["description"]),
          ", ".join(query["query_params"]["metrics"]),
          ", ".join(map(_asked_name, query["query_params"]["group_by"])))
         for query in manifest.saved_queries],
    ))
    return "\n".join(parts)


def metrics_by_theme(manifest: Manifest) -> list[tuple[str, list[dict[str, Any]]]]:
    """(theme, metrics) in the order of the page."""
    files = {Path(metric["original_file_path"]).stem: [] for metric in manifest.metrics}
    for metric in manifest.metrics:
        files[Path(metric["original_file_path"]).stem].append(metric)
    order = [*(file for file in THEMES if file in files), *(f for f in files if f not in THEMES)]
    return [(THEMES.get(file, file), files[file]) for file in order]


def _metric_row(metric: dict[str, Any]) -> tuple[str, ...]:
    meta = metric["config"]["meta"]
    return (f"`{metric['name']}`<br>{metric['label']}", _line(metric["description"]),
            _line(meta["formula"]), meta["unit"], meta.get("flex_insights_name", ""))


def _slicing(manifest: Manifest) -> str:
    reach = _table(
        ("metrics on", "can be sliced by"),
        [(f"`{model['name']}`", ", ".join(f"`{entity['name']}`" for entity in model["entities"]))
         for model in manifest.semantic_models if model["measures"]],
    )
    parts = [f"""\
## Slice by

A dimension is asked for as `entity__dimension`: `agent__full_name`, `segment__channel`. An entity alone is its
key. What a metric is on stands in its formula: rows and segments are `fct_segments`, conversations
`fct_conversations`, slices `fct_workload`. Through a segment or conversation its own entities can be
reached too, as in `segment__handling_department__department_name`. `metric_time` is the local start of the
segment, the conversation or the slice.

Dimensions bear the names of their columns; where MetricFlow wants a word for itself, year, quarter, month, week,
hour, minute and activity, they are called `calendar_year`, `quarter_of_year`, `month_of_year`, `week_of_year`,
`hour_of_day`, `minute_of_hour` and `activity_name`. Times take a grain: `metric_time__hour`,
`segment__ended_at__month`.

{reach}"""]
    def link(rule: str) -> str:
        return f"[`{rule}`](../{manifest.path_of(rule)})"

    for entities, model in manifest.dimension_tables():
        rows = [(f"`{dimension['name']}`", "time" if dimension["type"] == "time" else "",
                 _line(with_links(manifest.describe(model, dimension), link)))
                for dimension in model["dimensions"]]
        title = ", ".join(f"`{entity}`" for entity in entities)
        parts.append(f"### {title}\n\n{_line(model['description'])}\n\n"
                     + _table(("dimension", "type", "meaning"), rows))
    return "\n".join(parts)


def _asked_name(group_by: str) -> str:
    """TimeDimension('metric_time', 'day') → `metric_time__day`."""
    return "`" + "__".join(group_by.split("(")[1].rstrip(")").replace("'", "").split(", ")) + "`"


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if not current")
    arguments = parser.parse_args()
    try:
        page = dictionary(read_manifest(read_settings()))
    except (SettingsError, NotBuiltError) as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.relative_to(PROJECT)} is not what the YAML says: run "
              "`python -m flex_insights.docs.dictionary` and commit it.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
