"""The page on odd events: its queries run, and its links lead somewhere."""

import re

import duckdb
import pytest

from flex_insights.settings import PROJECT

PAGE = PROJECT / "docs" / "odd_events.md"
LINK = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")


def test_every_query_can_be_asked(sample_data):
    queries = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(queries) >= 5
    with duckdb.connect(str(sample_data / "flex_insights.duckdb"), read_only=True) as connection:
        connection.execute("use marts")
        for query in queries:
            connection.execute(query).fetchall()


def anchors(path):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [PROJECT / "DECISIONLOG.md", PAGE], ids=lambda page: page.name)
def test_links_lead_to_a_heading(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert len(links) > 10
    for path, anchor in links:
        target = page.parent / path if path else page
        assert anchor in anchors(target), f"{page.name} links to {path}#{anchor}"
