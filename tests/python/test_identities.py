"""Every identity of ``tests/data`` and every rule of a mart holds on a small day and notices a wrong one.

The marts are stubs with the columns and types of their contracts and the rows of ``identities.yml``;
dbt builds them once and runs all data tests on them, whose SQL is then asked again after each change.
"""

from pathlib import Path
from shutil import copytree

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2]
DAY = yaml.safe_load((Path(__file__).parent / "identities.yml").read_text(encoding="utf-8"))
MARTS = {
    mart["name"]: mart
    for path in sorted((PROJECT / "models" / "marts").glob("*.yml"))
    for mart in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
}
BREAKS = [(test, change) for test, changes in DAY["breaks"].items() for change in changes]
RULES = [
    (mart, rule, change)
    for mart, rules in DAY["rules"].items()
    for rule, change in rules.items()
]


def columns_of(table):
    """Name of each column of a mart, or of a table beside the marts → its type."""
    if table in MARTS:
        return {column["name"]: column["data_type"] for column in MARTS[table]["columns"]}
    return DAY["beside_the_marts"][table]


def stub_of(table, rows):
    """The SQL of a model that is these rows, each {column: value}."""

    def cell(row, name, kind):
        value = row.get(name)
        text = "null" if value is None else "'" + str(value).replace("'", "''") + "'"
        return f"cast({text} as {kind}) as {name}"

    columns = columns_of(table)
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{table} has no columns {unknown}"
    selects = [
        "select " + ", ".join(cell(row, *column) for column in columns.items()) for row in rows
    ]
    return "\nunion all\n".join(selects or [f"{stub_of(table, [{}])} limit 0"])


def write_landing_zone(folder):
    """Two loaded events and a reject, as the audit of the day says."""
    (folder / "raw" / "account_sid=AC1").mkdir(parents=True)
    (folder / "rejected").mkdir()
    with duckdb.connect() as db:
        db.execute(f"copy (select unnest([1, 2]) as n) to '{folder}/raw/account_sid=AC1/1.parquet'")
        db.execute(f"copy (select 1 as n) to '{folder}/rejected/1.parquet'")


def write_project(folder):
    """Write a dbt project with the real tests and macros and stubs for the tables they read."""
    copytree(PROJECT / "macros", folder / "macros")
    copytree(PROJECT / "tests" / "data", folder / "tests" / "data")
    copytree(PROJECT / "tests" / "generic", folder / "tests" / "generic")
    models = folder / "models"
    (models / "marts").mkdir(parents=True)
    (models / "sources.yml").write_bytes((PROJECT / "models/staging/sources.yml").read_bytes())
    for table in [*MARTS, *DAY["beside_the_marts"]]:
        (models / "marts" / f"{table}.sql").write_text(stub_of(table, DAY["rows"].get(table, [])))
    tests = [
        {"name": name, "data_tests": mart.get("data_tests", [])} for name, mart in MARTS.items()
    ]
    (models / "marts.yml").write_text(yaml.safe_dump({"models": tests}))
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    stub_settings = {
        "name": settings["name"],
        "profile": "stubs",
        "vars": settings["vars"],
        "models": {"+materialized": "table"},
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(stub_settings))
    output = {"type": "duckdb", "path": str(folder / "stubs.duckdb"), "threads": 1}
    (folder / "profiles.yml").write_text(
        yaml.safe_dump({"stubs": {"target": "made", "outputs": {"made": output}}})
    )


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The folder of the stubs' project and the results of building and testing it."""
    folder = tmp_path_factory.mktemp("identities")
    write_landing_zone(folder)
    write_project(folder)
    places = ["--project-dir", folder, "--profiles-dir", folder]
    places += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(folder))
        run = dbtRunner().invoke(["build", "--quiet", *map(str, places)])
    assert run.exception is None, run.exception
    return folder, list(run.result)


@pytest.fixture(scope="module")
def queries(build):
    """SQL of each data test, by its name, or by (mart, name of the generic test)."""
    sql = {}
    for result in build[1]:
        if result.node.resource_type == "test":
            metadata = getattr(result.node, "test_metadata", None)
            attached = (getattr(result.node, "attached_node", None) or "").split(".")[-1]
            name = (attached, metadata.name) if metadata else result.node.name
            sql[name] = result.node.compiled_code
    return sql


@pytest.fixture(scope="module")
def database(build):
    with duckdb.connect(str(build[0] / "stubs.duckdb")) as db:
        yield db


@pytest.fixture
def changed(database):
    """A function that makes a change, asks a query and gives its rows; the change is undone after."""
    database.execute("begin")

    def rows_after(change, query):
        database.execute(change)
        cursor = database.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    yield rows_after
    database.execute("rollback")


def test_every_data_test_passes_on_the_day(build):
    outcomes = {result.node.name: str(result.status) for result in build[1]}
    wrong = {name: status for name, status in outcomes.items() if status not in ("success", "pass")}
    assert not wrong


@pytest.mark.parametrize(("test", "change"), BREAKS)
def test_an_identity_notices_a_break(queries, changed, test, change):
    assert changed(change, queries[test])


@pytest.mark.parametrize(("mart", "rule", "change"), RULES)
def test_a_rule_notices_a_break(queries, changed, mart, rule, change):
    rows = changed(change, queries[mart, "always_true"])
    assert rule in [row["broken_rule"] for row in rows]


def test_every_identity_has_a_break():
    assert set(DAY["breaks"]) == {path.stem for path in (PROJECT / "tests" / "data").glob("*.sql")}


def test_every_rule_has_a_break():
    rules = {
        (name, rule)
        for name, mart in MARTS.items()
        for test in mart.get("data_tests", [])
        if "always_true" in test
        for rule in test["always_true"]["arguments"]["rules"]
    }
    assert {(mart, rule) for mart, rule, _ in RULES} == rules
