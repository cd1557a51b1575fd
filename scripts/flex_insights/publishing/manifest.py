"""`published/manifest.json`: which accounts and tables there are, and what they were made of."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from flex_insights.publishing.files import put_in_place
from flex_insights.publishing.tables import Table
from flex_insights.settings import PROJECT

NAME = "manifest.json"


def read_manifest(folder: Path) -> dict:
    """What is published, as `manifest.json` says; empty if there is none that can be read."""
    try:
        manifest = json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    # The manifest of an earlier version has no use: everything is published again.
    return manifest if isinstance(manifest, dict) and "definition" in manifest else {}


def write_manifest(
    folder: Path, tables: list[Table], definition: str, build_id: str | None, accounts: dict
) -> None:
    """Replaces the manifest."""
    manifest = {
        "version": yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["version"],
        "build_id": build_id,
        "definition": definition,
        "tables": {table.name: {"key": table.key} for table in tables},
        "accounts": accounts,
    }
    aside = folder / f".{NAME}.tmp"
    aside.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    put_in_place(aside, folder / NAME)


def write_without(path: Path, manifest: dict, accounts: dict) -> None:
    """Writes a manifest with only these of its accounts. What follows is no update of it."""
    left = manifest | {"build_id": None, "accounts": accounts}
    path.write_text(json.dumps(left, indent=2) + "\n", "utf-8")
