"""A data folder that an earlier version of the project has built is built anew and tidied up."""

import json
import shutil

import duckdb
from mart_comparison import read_tables

from flex_insights.settings import Settings

# a table that has moved to another schema, one whose model is gone, and a view of it
LEFT_BEHIND = """
    create table staging.stg_event_copies as from intermediate.int_event_copies;
    create table marts.dim_gone as select 1 as one;
    create view intermediate.int_gone as from marts.dim_gone;
    create schema my_own;
    create table my_own.notes as select 1 as one;
    update staging.build_state set fingerprint = 'of another version';
"""


def relations(database):
    with duckdb.connect(str(database), read_only=True) as connection:
        return set(connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall())


def made_by_the_project(manifest):
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return {("staging", "build_state")} | {
        (node["schema"], node["alias"])
        for node in nodes
        if node["resource_type"] in ("model", "seed")
    }


def test_nothing_of_an_earlier_version_is_left(sample_data, build, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(sample_data, data, copy_function=shutil.copy2)
    settings = Settings("sample/events", data)
    marts = read_tables(settings.database, about_loads=True)
    assert relations(settings.database) == made_by_the_project(settings.dbt_manifest)
    with duckdb.connect(str(settings.database)) as connection:
        connection.execute(LEFT_BEHIND)
    done = build(EVENTS="sample/events", DATA=data)
    assert done.returncode == 0, done.stderr
    assert "settings, seeds or models have changed" in done.stdout
    assert relations(settings.database) == (
        made_by_the_project(settings.dbt_manifest) | {("my_own", "notes")}
    )
    assert read_tables(settings.database, about_loads=True) == marts
