"""Questions that the marts answer: `docs/questions.yml` with the answers of a build."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import duckdb
import yaml

from flex_insights.docs.metric_sql import metric_sql, metricflow_engine
from flex_insights.settings import PROJECT, Settings
from flex_insights.sql import as_text, open_marts

QUESTIONS = PROJECT / "docs" / "questions.yml"
PAGE = PROJECT / "docs" / "questions.md"
WIDTH = 100  # of commands
HEAD = """\
# Questions

For anyone who wants to know what a table is good for: three questions for each table, with the command that
answers them and what it prints for the sample.

Run `make build`, then, in the project's folder:

```sh
export DATA=data/sample REPORTING_TIME_ZONE=UTC
. .venv/bin/activate
```

`mf query` asks for [metrics](measures.md#metrics) by name, `flex-insights sql` runs SQL on the tables. Times are
in seconds, shares between 0 and 1. Many answers are cut to their first few rows: remove `--limit` or `limit`
to see all of them.

Two agents, teams or queues with the same name, in different accounts for instance, are one row here. To keep them
apart, group by the key as well: `--group-by agent,agent__full_name`.
"""


@dataclass(frozen=True)
class Answer:
    """A question, the command that answers it with what that prints, and what to know about it."""

    question: str
    transcript: str
    note: str
    is_in_readme: bool

    def in_page(self) -> str:
        note = f"\n{self.note}\n" if self.note else ""
        return f"### {self.question}\n\n```console\n{self.transcript}\n```\n{note}"

    def in_readme(self) -> str:
        return f"```console\n# {self.question}\n{self.transcript}\n```\n{self.note}\n"


def answers(settings: Settings) -> dict[str, list[Answer]]:
    """Answers by mart.

    Raises FileNotFoundError or duckdb.Error if nothing has been built.
    """
    engine = metricflow_engine(settings.target / "semantic_manifest.json")
    marts = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    with open_marts(settings.database) as database:
        return {
            mart: [_answer(question, engine, database) for question in questions]
            for mart, questions in marts.items()
        }


def questions_page(answered: dict[str, list[Answer]]) -> str:
    """The page in Markdown."""
    parts = [HEAD]
    for mart, found in answered.items():
        parts.append(f"## {mart}\n\nEvery column: [`{mart}`](measures.md#{mart}).\n")
        parts += [answer.in_page() for answer in found]
    return "\n".join(parts)


def readme_questions(answered: dict[str, list[Answer]]) -> str:
    """Those that README.md shows, in Markdown."""
    found = [answer for answers in answered.values() for answer in answers]
    return "\n".join(answer.in_readme() for answer in found if answer.is_in_readme)


def _answer(question: dict[str, Any], engine: Any, database: duckdb.DuckDBPyConnection) -> Answer:
    if "sql" in question:
        sql = question["sql"].strip()
        command = f'flex-insights sql "{sql}"'
    else:
        options = {name: str(value) for name, value in question["mf"].items()}
        command, sql = _mf_command(options), metric_sql(engine, options)
    answer = database.execute(sql)
    columns = [column[0] for column in answer.description]
    text = as_text(columns, answer.fetchall(), question.get("mf", {}).get("decimals"))
    return Answer(
        question["question"],
        f"$ {command}\n{text}",
        textwrap.fill(question.get("note", ""), 118),
        question.get("readme", False),
    )


def _mf_command(options: dict[str, str]) -> str:
    lines = ["mf query"]
    for name, value in options.items():
        option = f'--{name} "{value}"' if " " in value else f"--{name} {value}"
        if len(lines[-1]) + len(option) > WIDTH:
            lines.append(f"    {option}")
        else:
            lines[-1] += f" {option}"
    return " \\\n".join(lines)
