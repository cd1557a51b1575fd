"""DECISIONLOG.md as data: its entries, their examples as scenarios (scenario_support.py).

An entry is a heading of level 3. An example is a fenced ``text`` block: settings of a scenario, then
event lines, then the tables that the marts must hold. Above each table stands, alone on its line,

- the mart, as in "`fct_segments`", or a part of it, as in "`fct_segments` where `kind` is `Queue`";
- or "Metrics": columns are metrics, or what they are grouped by if their name has ``__``.

An empty cell is null; other cells read as true, false, a number, ``!times [x, 3]``, else as text.
A line ``make forget CUSTOMER=…`` or ``make expire BEFORE=…`` among the events stands for a load of
the lines before it, then that command. Whatever does not read this way raises LogError.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from scenario_support import MARTS, read_scenarios
from scenario_timeline import EVENT_LINE, SETTINGS, read_yaml

LOG = Path(__file__).resolve().parents[2] / "DECISIONLOG.md"
WITHOUT_EXAMPLE = "Entries without an example"
METRICS = "metrics"
MARTS_BY_TABLE = {table: mart for mart, table in MARTS.items()}
CAPTION = re.compile(r"`(\w+)`(?: where `(\w+)` is `([^`]+)`)?|(Metrics)")
COMMAND = re.compile(r"make (forget CUSTOMER|expire BEFORE)=(\S+)")
DELIMITER = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")


class LogError(AssertionError):
    """The log does not read as it should; the message names line and entry."""


@dataclass
class Entry:
    """An entry; `examples` are scenarios with `line`, the line of their first event, and `command`
    (position in the events, what, value), if there is one."""

    title: str
    line: int
    examples: list[dict] = field(default_factory=list)


@dataclass
class Log:
    """`tables` are those outside entries, as lists of rows, by the heading of their section."""

    entries: list[Entry] = field(default_factory=list)
    tables: dict[str, list[dict]] = field(default_factory=dict)

    @property
    def examples(self):
        return [example for entry in self.entries for example in entry.examples]

    def without_example(self):
        """Title → reason, as the log lists the entries that have no example."""
        rows = self.tables.get(WITHOUT_EXAMPLE, [])
        return {_words(row["entry"]): row["why, and what tests it"] for row in rows}


def all_scenarios():
    """Those of tests/scenarios, and the examples of the log."""
    return read_scenarios() + read_log().examples


def scenarios_of_one_load():
    return [scenario for scenario in all_scenarios() if "command" not in scenario]


def read_log(path=LOG):
    """The decision log. Raises LogError."""
    return _Reader(path.read_text(encoding="utf-8").splitlines(), path.name).read()


class _Reader:
    def __init__(self, lines, name):
        self.lines, self.name = lines, name
        self.log, self.section, self.entry, self.caption = Log(), None, None, None
        self.at = 0

    def read(self):
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            if line.startswith("```"):
                self.check(line == "```text", "a block that is not fenced with ```text")
                self.read_example()
            elif line.startswith("|"):
                self.read_table()
            elif line.startswith("#"):
                self.read_heading(line)
            elif match := CAPTION.fullmatch(line):
                self.read_caption(match)
            elif line:
                self.check_no_caption_waits()
            self.at += 1
        self.end_entry()
        return self.log

    def check(self, condition, message, line=None):
        if not condition:
            entry = f" ({self.entry.title})" if self.entry else ""
            raise LogError(f"{self.name}, line {line or self.at + 1}{entry}: {message}")

    def read_heading(self, line):
        level, _, title = line.partition(" ")
        self.end_entry()
        if level == "###":
            titles = [entry.title for entry in self.log.entries]
            self.check(title not in titles, f"a second entry {title}")
            self.entry = Entry(title, self.at + 1)
            self.log.entries.append(self.entry)
        else:
            self.check(level in ("#", "##"), "a heading of another level than 1 to 3")
            self.section = title

    def end_entry(self):
        self.check_no_caption_waits()
        if self.entry and self.entry.examples:
            self.check_expects_something()
        self.entry = None

    def read_caption(self, match):
        self.check_no_caption_waits()
        self.check(self.entry and self.entry.examples, "a table without an example above it")
        table, column, value, metrics = match.groups()
        mart = METRICS if metrics else MARTS_BY_TABLE.get(table)
        self.check(mart, f"{table} is no mart that scenarios know")
        only = [{"only": {column: value}}] if column else []
        self.caption = self.at + 1, mart, only

    def check_no_caption_waits(self):
        line = self.caption and self.caption[0]
        self.check(not self.caption, "no table under this caption", line)

    def check_expects_something(self):
        example = self.entry.examples[-1]
        self.check(example["expect"], "no table under this example", example["line"])

    def read_example(self):
        start = self.at + 1
        self.check(self.entry, "an example outside an entry")
        if self.entry.examples:
            self.check_expects_something()
        while self.at + 1 < len(self.lines) and self.lines[self.at + 1] != "```":
            self.at += 1
        self.at += 1
        self.check(self.at < len(self.lines), "an example that does not end", start)
        block = self.lines[start : self.at]
        head = next((n for n, line in enumerate(block) if EVENT_LINE.match(line)), None)
        self.check(head is not None, "an example without an event", start)
        try:
            settings = read_yaml("\n".join(block[:head])) or {}
        except Exception as error:
            self.check(False, f"settings that cannot be read: {error}", start + 1)
        command = {}
        for place, line in enumerate(block[head:]):
            if line.startswith("make "):
                number, match = start + head + place + 1, COMMAND.fullmatch(line)
                self.check(match, f"{line} is no command that examples know", number)
                self.check(not command, "a second command in one example", number)
                command = {"command": (place, *match.groups())}
        number = len(self.entry.examples) + 1
        self.entry.examples.append({
            **settings,
            **command,
            "title": self.entry.title + (f" ({number})" if number > 1 else ""),
            "rule": self.entry.title,
            "file": self.name,
            "line": start + head + 1,
            "events": "\n".join(block[head:]),
            "expect": {},
        })
        unknown = sorted(set(settings) - SETTINGS)
        self.check(not unknown, f"settings that no scenario has: {unknown}", start + 1)

    def read_table(self):
        start = self.at
        while self.at + 1 < len(self.lines) and self.lines[self.at + 1].startswith("|"):
            self.at += 1
        header, delimiter, *lines = self.lines[start : self.at + 1] + [""] * (self.at == start)
        self.check(DELIMITER.fullmatch(delimiter.strip()), "a table without |---| under its head", start + 1)
        columns = _cells(header)
        self.check(len(set(columns)) == len(columns), "a column that is there twice", start + 1)
        rows = []
        for number, line in enumerate(lines, start + 3):
            cells = _cells(line)
            self.check(len(cells) == len(columns), f"{len(cells)} cells under {len(columns)} columns", number)
            rows.append(dict(zip(columns, cells)))
        if self.entry:
            self.expect(rows, start)
        else:
            self.check(self.section not in self.log.tables, "a second table of a section", start + 1)
            self.log.tables[self.section] = rows

    def expect(self, rows, start):
        self.check(self.caption, "a table that does not say which mart it is of", start + 1)
        _, mart, only = self.caption
        expect = self.entry.examples[-1]["expect"]
        self.check(mart == METRICS or mart not in expect, "a second table of this mart", start + 1)
        expect[mart] = expect.get(mart, []) + only + [
            {"line": number, **{name: _value(cell) for name, cell in row.items()}}
            for number, row in enumerate(rows, start + 3)
        ]
        self.caption = None


def _cells(line):
    return [cell.strip() for cell in line.strip()[1:-1].split("|")]


def _value(cell):
    if cell == "":
        return None
    if cell in ("true", "false") or cell.startswith("!times") or re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return read_yaml(cell)
    return cell


def _words(cell):
    """The text of a link."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell)
