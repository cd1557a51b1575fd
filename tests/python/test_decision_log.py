"""The decision log is read whole: no entry, example or table of it is passed over.

Its examples are run by test_scenarios.py.
"""

import re

import pytest
from decision_log import LOG, LogError, read_log
from scenario_timeline import ScenarioError, Timeline, parse_time

from flex_insights.settings import PROJECT

TEXT = LOG.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def log():
    return read_log()


def lines_that_match(pattern):
    return len(re.findall(pattern, TEXT, re.MULTILINE))


def test_every_entry_example_table_and_row_is_found(log):
    """Counted a second time, by nothing but the shape of lines."""
    assert len(log.entries) == lines_that_match(r"^### ") > 50
    assert len(log.examples) == lines_that_match(r"^```text$") == lines_that_match(r"^```$") > 60
    listed = [table for example in log.examples for table in example["expect"].values()]
    rows = [row for table in listed for row in table if "only" not in row]
    rows += [row for table in log.tables.values() for row in table]
    tables = lines_that_match(r"^\|---")
    assert lines_that_match(r"^\|") == len(rows) + 2 * tables
    assert lines_that_match(r"^(`\w+`( where .*)?|Metrics)$") == tables - len(log.tables)
    assert len(listed) <= tables - len(log.tables)


def test_every_entry_has_an_example_or_says_why_not(log):
    reasons = log.without_example()
    without = [entry.title for entry in log.entries if not entry.examples]
    assert without == list(reasons), f"the section of {LOG.name} lists other entries than have none"
    for title, reason in reasons.items():
        paths = re.findall(r"`(tests/[\w./]+)`", reason)
        assert paths and all((PROJECT / path).exists() for path in paths), title


def test_every_entry_says_what_and_why():
    for entry in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]:
        title, _, body = entry.partition("\n")
        parts = re.findall(r"^\*\*(What we do|Why|Example)\.\*\*", body, re.MULTILINE)
        assert parts == ["What we do", "Why", "Example"][: 3 if "```text" in body else 2], title


def test_rows_are_in_the_order_of_their_start(log):
    for example in log.examples:
        for mart, rows in example["expect"].items():
            starts = [parse_time(row["start"]) for row in rows if "start" in row]
            assert starts == sorted(starts), f"{example['title']}, {mart}"


GOOD = """# Log

## Time

### One

```text
channel: chat
08:00:00 task-queue.entered T1 L1
08:00:30 task.canceled
```

`fct_segments` where `kind` is `Queue`

| task | queue_time |
|---|---|
| T1 | 30 |
"""
# What is replaced, by what, and the line and the words of the message
BAD = {
    "an unknown setting": ("channel: chat", "chanel: chat", 8, "chanel"),
    "settings that are not YAML": ("channel: chat", "channel: {chat", 8, "settings"),
    "no event": ("08:00:00 task-queue.entered T1 L1\n08:00:30 task.canceled\n", "", 7, "event"),
    "an unknown command": ("08:00:30 task.canceled", "make build", 10, "make build"),
    "another fence": ("```text", "```sh", 7, "```text"),
    "no example": (GOOD[GOOD.index("```text"):GOOD.index("`fct")], "", 7, "without an example"),
    "an unknown mart": ("fct_segments", "fct_sediments", 13, "fct_sediments"),
    "no caption": ("`fct_segments` where `kind` is `Queue`\n", "So be it.\n", 15, "which mart"),
    "no table": ("| task | queue_time |\n|---|---|\n| T1 | 30 |\n", "", 13, "no table"),
    "no table under the example": (GOOD[GOOD.index("`fct"):], "", 9, "no table"),
    "no delimiter": ("|---|---|\n", "", 15, "under its head"),
    "a short row": ("| T1 | 30 |", "| T1 |", 17, "1 cells"),
    "a second table": ("| T1 | 30 |", "| T1 | 30 |\n\n`fct_segments`\n\n| a |\n|---|", 21, "second table"),
    "a second entry of the title": ("## Time", "### One", 5, "second entry"),
    "an example of no entry": ("### One", "## One", 7, "outside an entry"),
    "an example without end": ("task.canceled\n```\n", "task.canceled\n", 7, "does not end"),
    "a column twice": ("| task | queue_time |", "| task | task |", 15, "twice"),
}


def read_text(text, tmp_path):
    path = tmp_path / "LOG.md"
    path.write_text(text, encoding="utf-8")
    return read_log(path)


def test_an_entry_becomes_a_scenario(tmp_path):
    (example,) = read_text(GOOD, tmp_path).examples
    assert (example["title"], example["line"], example["channel"]) == ("One", 9, "chat")
    rows = [{"only": {"kind": "Queue"}}, {"line": 17, "task": "T1", "queue_time": 30}]
    assert example["expect"] == {"segments": rows}


@pytest.mark.parametrize("before, after, line, words", BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_named_with_its_line(before, after, line, words, tmp_path):
    assert before in GOOD
    with pytest.raises(LogError, match=f"^LOG.md, line {line}\\b.*{words}"):
        read_text(GOOD.replace(before, after), tmp_path)


def test_an_event_that_cannot_be_read_is_named_with_its_line(tmp_path):
    text = GOOD.replace("08:00:30 task.canceled", "08:00:30 reservation.accepted R1")
    (example,) = read_text(text, tmp_path).examples
    with pytest.raises(ScenarioError, match=r"LOG.md, line 10 \(One\): cannot read `08:00:30 res"):
        Timeline(example).run()


def test_an_entry_without_an_example_must_be_listed(tmp_path):
    log = read_text(f"{GOOD}\n### Two\n\nNothing.\n", tmp_path)
    assert [entry.title for entry in log.entries if not entry.examples] == ["Two"]
    assert log.without_example() == {}
