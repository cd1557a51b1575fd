"""The first page of the site: diagram, tables with their columns, metrics with their formulas."""

from __future__ import annotations

from html import escape
from typing import Any

from flex_insights.docs.diagram import diagram
from flex_insights.docs.dictionary import metrics_by_theme
from flex_insights.docs.manifest import Manifest, with_links

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1150px; padding: 0 1em }
table { border-collapse: collapse; width: 100%; margin: .6em 0 1.6em }
th, td { text-align: left; vertical-align: top; padding: .25em .6em; border-bottom: 1px solid #ddd }
code { background: #f3f3f3; padding: 0 .2em } summary { cursor: pointer; padding: .2em 0 }
nav a { margin-right: 1.2em } svg { width: 100%; height: auto }
"""


def page(manifest: Manifest) -> str:
    """The page as HTML that needs nothing else but, for its link, `dbt.html` beside it."""
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Flex Insights marts</title>
<style>{STYLE}</style>
<h1>Flex Insights marts</h1>
<nav><a href="#diagram">Diagram</a><a href="#tables">Tables</a><a href="#metrics">Metrics</a>
<a href="#dimensions">Dimensions</a><a href="#queries">Saved queries</a>
<a href="dbt.html">Lineage and SQL of every model (dbt docs)</a></nav>
<h2 id="diagram">Which key points where</h2>
{diagram(manifest.foreign_keys(), manifest.own_keys())}
<h2 id="tables">Tables</h2>
{"".join(map(_mart, manifest.marts))}
<h2 id="metrics">Metrics</h2>
{"".join(_theme(*theme) for theme in metrics_by_theme(manifest))}
<h2 id="dimensions">Dimensions</h2>
{"".join(_dimensions(manifest, *table) for table in manifest.dimension_tables())}
<h2 id="queries">Saved queries</h2>
{_table(("saved query", "what it answers", "metrics"), map(_saved_query, manifest.saved_queries))}
</html>
"""


def _mart(mart: dict[str, Any]) -> str:
    rows = [(_code(column["name"]), column["data_type"], _described(column["description"]))
            for column in mart["columns"].values()]
    return _folded(mart["name"], mart["description"], ("column", "type", "meaning"), rows)


def _theme(title: str, metrics: list[dict[str, Any]]) -> str:
    rows = [(f"{_code(metric['name'])}<br>{escape(metric['label'])}",
             escape(metric["description"]), escape(metric["config"]["meta"]["formula"]),
             escape(metric["config"]["meta"]["unit"]),
             escape(metric["config"]["meta"].get("flex_insights_name", "")))
            for metric in metrics]
    head = ("metric", "what it says", "formula", "unit", "Flex Insights")
    return f"<h3>{escape(title)}</h3>{_table(head, rows)}"


def _dimensions(manifest: Manifest, entities: list[str], model: dict[str, Any]) -> str:
    rows = [(_code(f"{entities[0]}__{dimension['name']}"),
             _described(manifest.describe(model, dimension)))
            for dimension in model["dimensions"]]
    return _folded(", ".join(entities), model["description"], ("dimension", "meaning"), rows)


def _described(text: str) -> str:
    return with_links(escape(text), lambda rule: (
        f'<a href="dbt.html#!/model/model.flex_insights.{rule}">{_code(rule)}</a>'))


def _saved_query(query: dict[str, Any]) -> tuple[str, ...]:
    metrics = ", ".join(map(_code, query["query_params"]["metrics"]))
    return _code(query["name"]), escape(query["description"]), metrics


def _folded(title: str, text: str, head: tuple[str, ...], rows) -> str:
    return (f"<details><summary><b>{escape(title)}</b>: {escape(text)}</summary>"
            f"{_table(head, rows)}</details>")


def _table(head: tuple[str, ...], rows) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>\n{body}</table>\n"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
