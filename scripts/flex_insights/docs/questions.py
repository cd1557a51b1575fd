"""Questions that the marts answer, in README.md: `docs/questions.yml` with the sample's answers.

    python -m flex_insights.docs.questions    # after a build of the shipped sample
"""

from __future__ import annotations

import sys
from typing import Any

import duckdb
import yaml

from flex_insights.docs.metric_sql import metric_sql, metricflow_engine
from flex_insights.settings import PROJECT, Settings, SettingsError, read_settings
from flex_insights.sql import as_text, open_marts

QUESTIONS = PROJECT / "docs" / "questions.yml"
README = PROJECT / "README.md"
BEGIN, END = "<!-- questions: made from docs/questions.yml -->", "<!-- end of questions -->"
WIDTH = 100


def transcript(settings: Settings) -> str:
    """Markdown: for each mart a fold with its questions, the commands and what they print.

    Raises FileNotFoundError or duckdb.Error if nothing has been built.
    """
    engine = metricflow_engine(settings.target / "semantic_manifest.json")
    marts = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    folds = []
    with open_marts(settings.database) as database:
        for mart, asked in marts.items():
            answers = "\n\n".join(_answered(question, engine, database) for question in asked)
            folds.append(f"<details><summary><code>{mart}</code>: "
                         f"{' '.join(question['question'] for question in asked)}</summary>\n\n"
                         f"```text\n{answers}\n```\n\n</details>\n")
    return "\n".join(folds)


def _answered(question: dict[str, Any], engine: Any, database: duckdb.DuckDBPyConnection) -> str:
    if "sql" in question:
        command, sql = f'python -m flex_insights.sql "{question["sql"].strip()}"', question["sql"]
    else:
        options = {name: str(value) for name, value in question["mf"].items()}
        command, sql = _mf_command(options), metric_sql(engine, options)
    answer = database.execute(sql)
    columns = [column[0] for column in answer.description]
    text = as_text(columns, answer.fetchall(), question.get("mf", {}).get("decimals"))
    return f"# {question['question']}\n$ {command}\n{text}"


def _mf_command(options: dict[str, str]) -> str:
    lines = ["mf query"]
    for name, value in options.items():
        option = f'--{name} "{value}"' if " " in value else f"--{name} {value}"
        if len(lines[-1]) + len(option) > WIDTH:
            lines.append(f"    {option}")
        else:
            lines[-1] += f" {option}"
    return " \\\n".join(lines)


def with_questions(readme: str, questions: str) -> str:
    """The text of README.md with these questions between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{questions}\n{END}{after}"


def main() -> int:
    try:
        questions = transcript(read_settings())
    except (SettingsError, FileNotFoundError, duckdb.Error) as error:
        print(f"Questions are asked of a build of the sample, by `make build`: {error}",
              file=sys.stderr)
        return 1
    README.write_text(with_questions(README.read_text(encoding="utf-8"), questions),
                      encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
