"""`make docs`: one static site under the data folder, and the dictionary `docs/measures.md`."""

from __future__ import annotations

import shutil

from flex_insights.docs.dictionary import PAGE, dictionary
from flex_insights.docs.manifest import NotBuiltError, read_manifest
from flex_insights.docs.site import page
from flex_insights.progress import Progress
from flex_insights.run_dbt import run_dbt
from flex_insights.settings import PROJECT, Settings


def make_docs(settings: Settings) -> None:
    """Writes `docs/index.html` and `docs/dbt.html` under the data folder, and the dictionary.

    Raises NotBuiltError if nothing has been built there, or dbt cannot describe it.
    """
    read_manifest(settings)
    _run_dbt_docs(settings)
    manifest = read_manifest(settings)
    site = settings.data / "docs"
    site.mkdir(exist_ok=True)
    shutil.copyfile(settings.target / "static_index.html", site / "dbt.html")
    (site / "index.html").write_text(page(manifest), encoding="utf-8")
    PAGE.write_text(dictionary(manifest), encoding="utf-8")
    print(f"{site / 'index.html'} is the site, {PAGE.relative_to(PROJECT)} the dictionary.")


def _run_dbt_docs(settings: Settings) -> None:
    outcome = run_dbt(settings, ["docs", "generate", "--static"], Progress())
    if not outcome.success:
        raise NotBuiltError(f"dbt cannot describe what is in {settings.data}; the whole story is "
                            f"in {settings.logs / 'dbt.log'}.")
