"""What dbt wrote down about models, metrics and saved queries in its last run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from flex_insights.settings import PROJECT, Settings


# Descriptions end with the models that hold the rule behind a value: "Rule: `int_abandoned_visits`."
RULES = re.compile(r"\b(Rules?:\s+)(`\w+`(?:,\s+`\w+`)*)")


def with_links(description: str, link: Callable[[str], str]) -> str:
    """A description in which the models of its rule are what `link` makes of their names."""
    return RULES.sub(
        lambda found: found[1] + re.sub(r"`(\w+)`", lambda name: link(name[1]), found[2]),
        description,
    )


class NotBuiltError(Exception):
    """There is nothing to tell of yet; the message is one sentence for the user."""


class Manifest:
    """The parts of dbt's manifest.json that the documentation shows, in an order that does not
    change with the order in which dbt reads files: that of the YAML, tables by name."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content
        self.metrics = _as_in_yaml(content["metrics"], "metrics")
        self.saved_queries = _as_in_yaml(content["saved_queries"], "saved_queries")
        self.semantic_models = sorted(content["semantic_models"].values(), key=_facts_first)
        self.marts = sorted(
            (node for node in content["nodes"].values()
             if node["resource_type"] == "model" and node["schema"] == "marts"),
            key=_facts_first,
        )

    def column_of(self, model: dict[str, Any], dimension: dict[str, Any]) -> dict[str, Any]:
        """The column of a mart that a dimension of a semantic model shows."""
        (mart,) = model["depends_on"]["nodes"]
        return self._content["nodes"][mart]["columns"][dimension["expr"] or dimension["name"]]

    def describe(self, model: dict[str, Any], dimension: dict[str, Any]) -> str:
        return self.column_of(model, dimension)["description"]

    def path_of(self, model: str) -> str:
        """The SQL file of a model, from the project's folder."""
        (path,) = (node["original_file_path"] for node in self._content["nodes"].values()
                   if node["resource_type"] == "model" and node["name"] == model)
        return path

    def dimension_tables(self) -> list[tuple[list[str], dict[str, Any]]]:
        """(entities, semantic model) for each mart that offers dimensions."""
        tables: dict[str, tuple[list[str], dict[str, Any]]] = {}
        for model in self.semantic_models:
            (mart,) = model["depends_on"]["nodes"]
            entities, _ = tables.setdefault(mart, ([], model))
            entities += [entity["name"] for entity in model["entities"]
                         if entity["type"] == "primary"]
        return list(tables.values())

    def own_keys(self) -> dict[str, str]:
        """Mart → its key, where that is one column."""
        return {mart["name"]: next(iter(mart["columns"])) for mart in self.marts}

    def foreign_keys(self) -> list[tuple[str, str, str]]:
        """(mart, column, mart that it points to) for each key that a data test follows."""
        tests = [node for node in self._content["nodes"].values()
                 if (node.get("test_metadata") or {}).get("name") == "keys_exist"]
        keys = [
            (node["attached_node"].split(".")[-1], key["column"], key["to"].split("'")[1])
            for node in tests for key in node["test_metadata"]["kwargs"]["keys"]
        ]
        place = [mart["name"] for mart in self.marts].index
        return sorted(keys, key=lambda key: place(key[0]))


def _facts_first(table: dict[str, Any]) -> tuple[int, str]:
    (order,) = [n for n, start in enumerate(("fct_", "dim_", "")) if table["name"].startswith(start)
                ][:1]
    return order, table["name"]


def _as_in_yaml(found: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    files = {item["original_file_path"] for item in found.values()}
    order = {}
    for file in sorted(files):
        content = yaml.safe_load((PROJECT / file).read_text(encoding="utf-8"))
        order |= {item["name"]: (file, n) for n, item in enumerate(content[kind])}
    return sorted(found.values(), key=lambda item: order[item["name"]])


def read_manifest(settings: Settings) -> Manifest:
    """What dbt wrote down in the last build.

    Raises NotBuiltError if there was none.
    """
    try:
        return Manifest(json.loads(settings.dbt_manifest.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotBuiltError(
            f"Nothing has been built in {settings.data} yet: run `make build` first."
        ) from None
