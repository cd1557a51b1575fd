"""Every generic test of the project passes on good rows and fails on each kind of bad rows."""

from pathlib import Path
from shutil import copytree

import pytest
import yaml
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2]
GENERIC_TESTS = PROJECT / "tests" / "generic"

# name of the test → its columns, arguments, good rows, and bad rows by what is wrong with them
CASES = {
    "unique_key": {
        "columns": "id, place, note",
        "arguments": {"columns": ["id", "place"], "filled": ["id", "note"]},
        "good": "('a', 1, 'x'), ('a', 2, 'x'), ('b', null, 'x')",
        "bad": {
            "two_alike": "('a', 1, 'x'), ('a', 1, 'y')",
            "two_alike_with_empty_part": "('a', null, 'x'), ('a', null, 'y')",
            "part_of_key_empty": "('a', 1, 'x'), (null, 2, 'x')",
            "filled_column_empty": "('a', 1, 'x'), ('b', 2, null)",
        },
    },
    "keys_exist": {
        "columns": "id, other_id",
        "arguments": {
            "keys": [
                {"column": "id", "to": "ref('known')"},
                {"column": "other_id", "to": "ref('known')", "key": "number"},
            ]
        },
        "good": "('a', 1), ('b', null), (null, 2)",
        "bad": {
            "first_key_unknown": "('a', 1), ('c', 1)",
            "second_key_unknown": "('a', 1), ('a', 3)",
        },
    },
    "allowed_values": {
        "columns": "size, colour",
        "arguments": {"values": {"size": ["S", "L"], "colour": ["red", "dark blue"]}},
        "good": "('S', 'red'), ('L', 'dark blue'), (null, null)",
        "bad": {
            "first_value_unknown": "('S', 'red'), ('M', null)",
            "second_value_unknown": "('S', 'red'), (null, 'blue')",
            "other_letter_case": "('s', 'red')",
        },
    },
    "non_negative": {
        "columns": "wait, talk",
        "arguments": {"columns": ["wait", "talk"]},
        "good": "(0, 1.5), (null, null)",
        "bad": {"first_below_zero": "(-1, null), (1, 1)", "second_below_zero": "(1, 1), (0, -0.5)"},
    },
    "no_overlap": {
        "columns": "id, begins, ends",
        "arguments": {"partition_by": ["id"], "starts": "begins", "ends": "ends"},
        "good": "('a', 1, 2), ('a', 2, 2), ('a', 2, 4), ('a', 9, null), ('b', 1, 9)",
        "bad": {
            "goes_on_in_the_next": "('a', 1, 3), ('a', 2, 4)",
            "goes_on_after_the_next": "('a', 1, 9), ('a', 2, 4)",
            "open_end_before_the_last": "('a', 1, null), ('a', 2, 4)",
            "ends_before_it_starts": "('a', 4, 2)",
        },
    },
    "no_overlap without gaps": {
        "columns": "id, begins, ends",
        "arguments": {
            "partition_by": ["id"],
            "starts": "begins",
            "ends": "ends",
            "gaps_allowed": False,
        },
        "good": "('a', 1, 2), ('a', 2, 4), ('a', 4, null), ('b', 9, 10)",
        "bad": {"gap": "('a', 1, 2), ('a', 3, 4)", "overlap": "('a', 1, 3), ('a', 2, 4)"},
    },
    "always_true": {
        "columns": "id, amount",
        "arguments": {"rules": {"amount is counted": "amount >= 0", "id is short": "length(id) = 1"}},
        "good": "('a', 0), (null, null)",
        "bad": {"first_rule_broken": "('a', -1), ('b', 1)", "second_rule_broken": "('ab', null)"},
    },
}
RUNS = [
    (case, rows) for case, parts in CASES.items() for rows in ["good", *parts["bad"]]
]


def model_name(case, rows):
    return f"{case.replace(' ', '_')}__{rows}"


def write_project(folder):
    """Write a dbt project: a table for every set of rows, each with the test of its case."""
    copytree(GENERIC_TESTS, folder / "tests" / "generic")
    models = folder / "models"
    models.mkdir()
    schema = {"models": []}
    for case, rows in RUNS:
        parts = CASES[case]
        values = parts["good"] if rows == "good" else parts["bad"][rows]
        name = model_name(case, rows)
        (models / f"{name}.sql").write_text(
            f"select * from (values {values}) as made({parts['columns']})"
        )
        test = {"name": f"test_{name}", "arguments": parts["arguments"]}
        schema["models"].append({"name": name, "data_tests": [{case.split()[0]: test}]})
    (models / "known.sql").write_text("select * from (values ('a', 1), ('b', 2)) as made(id, number)")
    (models / "schema.yml").write_text(yaml.safe_dump(schema))
    (folder / "dbt_project.yml").write_text(
        yaml.safe_dump(
            {
                "name": "generic_tests",
                "profile": "generic_tests",
                "models": {"+materialized": "table"},
                "flags": {"send_anonymous_usage_stats": False},
            }
        )
    )
    output = {"type": "duckdb", "path": str(folder / "made.duckdb"), "threads": 1}
    (folder / "profiles.yml").write_text(
        yaml.safe_dump({"generic_tests": {"target": "made", "outputs": {"made": output}}})
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Name of each test → (status, number of faults), from one run of dbt over all cases."""
    folder = tmp_path_factory.mktemp("generic_tests")
    write_project(folder)
    places = ["--project-dir", folder, "--profiles-dir", folder]
    places += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    run = dbtRunner().invoke(["build", "--quiet", *map(str, places)])
    assert run.exception is None, run.exception
    return {result.node.name: (str(result.status), result.failures) for result in run.result}


@pytest.mark.parametrize(("case", "rows"), RUNS)
def test_passes_on_good_rows_and_fails_on_bad_ones(outcomes, case, rows):
    status, faults = outcomes[f"test_{model_name(case, rows)}"]
    assert (status, faults) == (("pass", 0) if rows == "good" else ("fail", 1))


def test_every_generic_test_has_a_case():
    assert {case.split()[0] for case in CASES} == {path.stem for path in GENERIC_TESTS.glob("*.sql")}
