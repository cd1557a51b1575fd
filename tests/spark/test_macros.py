"""Every portable macro gives the same on both engines: macros.yml has the cases."""

import re
from pathlib import Path

import pytest
import yaml
from engines_support import ENGINES, PROJECT, plain, portable_macros

CASES = yaml.safe_load(Path(__file__).with_name("macros.yml").read_text(encoding="utf-8"))
COLUMNS = "abc"
# Those that say nothing without a build; every build of test_marts.py goes through them.
SEEN_IN_BUILDS = {"begin_build", "finish_build", "processed_load_id", "kept_since"}


def literal(value, kind):
    """The Jinja that writes a value of a case as SQL."""
    if value is None:
        return f"cast(null as {kind})"
    return "cast({{ text_literal(" + repr(str(value)) + ") }} as " + kind + ")"


def statement(case):
    """SQL for all rows of a macro's cases, each under its number."""
    if "query" in case:
        return case["query"]
    kinds = case.get("types", ["string"])
    given = " union all ".join(
        f"select {number} as number, "
        + ", ".join(
            f"{literal(value, kind)} as {name}"
            for name, kind, value in zip(COLUMNS, kinds, arguments(row, kinds), strict=False)
        )
        for number, row in enumerate(case["cases"])
    )
    return f"select {{{{ {case['call']} }}}} as result from ({given}) as given order by number"


def arguments(row, kinds):
    return row[0] if len(kinds) > 1 else [row[0]]


@pytest.fixture(scope="module")
def statements(engines):
    """{engine: the statements of all cases, in their order}: dbt compiles them all at once."""
    return {engine: engines.compile(engine, map(statement, CASES)) for engine in ENGINES}


@pytest.mark.parametrize("number,case", list(enumerate(CASES)), ids=[case.get("title", case["macro"]) for case in CASES])
def test_macro(engines, statements, number, case):
    expected = (
        [tuple(map(plain, row)) for row in case["rows"]] if "query" in case
        else [(plain(row[1]),) for row in case["cases"]]
    )
    for engine in ENGINES:
        found = engines.run(engine, statements[engine][number])
        told = [row[0] for row in case.get("cases", [])] or expected
        wrong = [
            f"{engine}: {given!r} gives {got!r}, not {wanted!r}"
            for given, got, wanted in zip(told, found, expected, strict=True)
            if repr(got) != repr(wanted)
        ]
        assert not wrong, "\n".join(wrong)


def test_every_macro_has_cases_and_both_engines():
    macros = portable_macros()
    assert {name for name, written in macros.items() if written != set(ENGINES)} == set()
    assert set(macros) == {case["macro"] for case in CASES} & set(macros) | SEEN_IN_BUILDS


def test_an_engine_that_nobody_wrote_for_is_told_so():
    for file in (PROJECT / "macros").rglob("*.sql"):
        assert "default__" not in file.read_text(encoding="utf-8"), file


def test_no_model_asks_for_the_engine():
    for file in [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/data/*.sql")]:
        assert not re.search(r"target\.|adapter\.", file.read_text(encoding="utf-8")), file
