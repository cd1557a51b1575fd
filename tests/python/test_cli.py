"""The command `flex-insights`: settings, help, exit statuses, and what it says of errors."""

import json
import os
import re
import subprocess
import sys

import duckdb
import pytest
from click.testing import CliRunner
from conftest import PROJECT, SETTINGS

from flex_insights import cli
from flex_insights.errors import UserError
from flex_insights.sql import as_csv, as_text
from workshop.command import FLEX_INSIGHTS


@pytest.fixture
def run(tmp_path):
    """run(argument, …, DATA=…) in a folder that is not the project's."""

    def run(*arguments, **settings):
        environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
        return subprocess.run(
            [FLEX_INSIGHTS, *map(str, arguments)],
            cwd=tmp_path,
            env=environment | settings,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_with_an_example(name):
    shown = CliRunner().invoke(cli.flex_insights, [name, "--help"], terminal_width=200)
    assert shown.exit_code == 0, shown.output
    assert f"Example: flex-insights {name} " in shown.output
    summary = cli.flex_insights.get_command(None, name).get_short_help_str(100)
    assert len(summary) <= 60 and summary in shown.output


def test_every_module_of_commands_is_a_command():
    files = {path.stem for path in (PROJECT / "scripts" / "flex_insights" / "commands").glob("*.py")}
    assert files - {"__init__", "options"} == set(cli.COMMANDS)


IMPORTS = """
import json, sys
from flex_insights.cli import main
sys.argv = ["flex-insights", *sys.argv[1:]]
assert main() == 0
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["build", "--help"]])
def test_help_and_version_import_nothing_slow(arguments):
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *arguments], capture_output=True, text=True, check=True
    )
    packages = json.loads(done.stdout.splitlines()[-1])
    assert "click" in packages
    assert not {"dbt", "duckdb", "metricflow", "numpy", "pyarrow"} & set(packages)


def test_the_version_is_that_of_the_project(run):
    (version,) = re.findall(r'^version = "(.*)"$', (PROJECT / "pyproject.toml").read_text("utf-8"), re.M)
    assert run("--version").stdout == f"flex-insights, version {version}\n"
    assert f"\nversion: {version}\n" in (PROJECT / "dbt_project.yml").read_text("utf-8")


def test_options_come_before_variables(run):
    done = run("sql", "select 1", DATA="from a variable")
    assert (done.returncode, done.stdout) == (1, "")
    assert "from a variable/flex_insights.duckdb holds no marts" in done.stderr
    done = run("sql", "select 1", "--data", "from an option", DATA="from a variable")
    assert "from an option/flex_insights.duckdb holds no marts" in done.stderr


def test_relative_paths_are_those_of_the_folder_that_one_is_in(run, tmp_path):
    done = run("sql", "select 1", "--data", "my data")
    assert f"{tmp_path}/my data/flex_insights.duckdb" in done.stderr
    done = run("load", "--events", "a.json:b/*.json", "--data", "my data")
    assert f"names nothing that exists: {tmp_path}/a.json" in done.stderr


def test_nothing_is_created_where_nothing_was_built(run, tmp_path):
    done = run("sql", "select 1", "--data", "none")
    assert done.returncode == 1 and "run `flex-insights build` first" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_marts_is_not_built(run, tmp_path):
    (tmp_path / "data").mkdir()
    duckdb.connect(str(tmp_path / "data" / "flex_insights.duckdb")).close()
    assert "run `flex-insights build` first" in run("sql", "select 1", "--data", "data").stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["sql", "--colour"], 2, "No such option"),
        (["sql"], 2, "Missing argument 'QUERY'"),
        (["build", "--engine", "abacus"], 1, "ENGINE=abacus is none of: duckdb, spark."),
        (["build", "--reporting-time-zone", "Mars"], 1, "REPORTING_TIME_ZONE=Mars is no IANA"),
        (["redact", "--data", "none"], 1, "ACCOUNT is empty"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(run, arguments, status, words):
    done = run(*arguments)
    assert done.returncode == status
    assert words in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UserError("Do it differently."), 1, "Do it differently.\n"),
        (OSError(28, "No space left on device"), 1,
         "Stopped: [Errno 28] No space left on device. Fix this and rerun.\n"),
        (KeyboardInterrupt(), 130, "\nStopped. Rerun the command to continue.\n"),
    ],
)  # fmt: skip
def test_how_a_command_ends(monkeypatch, capsys, error, status, message):
    def fail(*_):
        raise error

    monkeypatch.setattr("flex_insights.make_docs.make_docs", fail)
    monkeypatch.setattr(sys, "argv", ["flex-insights", "docs"])
    monkeypatch.chdir(PROJECT)
    assert cli.main() == status
    assert capsys.readouterr() == ("", message)


def test_an_error_of_the_program_is_not_hidden(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("flex_insights.make_docs.make_docs", fail)
    monkeypatch.setattr(sys, "argv", ["flex-insights", "docs"])
    monkeypatch.chdir(PROJECT)
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_output_that_nobody_reads_is_no_error(sample_data):
    process = subprocess.Popen(
        [FLEX_INSIGHTS, "sql", "--csv", "select * from dim_times"],
        cwd=PROJECT, env=os.environ | {"DATA": str(sample_data)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.close()
    assert (process.wait(), process.stderr.read()) == (1, "")
    process.stderr.close()


def test_long_values_are_shortened_in_tables_but_not_in_csv():
    rows = [(1, "b" * 60, "line\nbreak", None), (2, "a" * 870, "x", [1, 2])]
    columns = ["n", "long", "text", "other"]
    lines = as_text(columns, rows).splitlines()
    assert max(map(len, lines)) < 100 and len(lines) == 4
    assert "b" * 60 in lines[2] and "line break" in lines[2]
    assert "a" * 59 + "…" in lines[3] and "[1, 2]" in lines[3]
    assert as_csv(columns, rows).splitlines()[-1] == f'2,{"a" * 870},x,"[1, 2]"'
