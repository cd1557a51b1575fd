"""Publishing, from a small database made by hand."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flex_insights.progress import Progress
from flex_insights.publish import publish
from flex_insights.publishing.files import file_names
from flex_insights.settings import Settings

ONE, OTHER = "AC" + "1" * 32, "AC" + "2" * 32
DESCRIPTION = "One row for each segment; it's the main table."
DBT_MODELS = {
    "fct_segments": {"segment_key": "Its key", "account_sid": "", "talk_time": "Seconds"},
    "dim_dates": {"date_key": "Day"},
    "fct_workload": {"segment_key": "", "account_sid": "", "slice": ""},
    "data_freshness": {"account_sid": "", "last_event_at": ""},
    "audit_rejects": {"text": "Verbatim"},
}
TOUCHED = {
    "fct_segments": {"touched_by": "coalesce(segment_key, account_sid)"},
    "fct_workload": {"touched_by": "segment_key", "touched_since": "slice"},
}


@pytest.fixture
def settings(tmp_path):
    """A data folder with the marts of two accounts, 5,000 segments each."""
    settings = Settings(events="", data=tmp_path / "da ta")
    settings.target.mkdir(parents=True)
    with duckdb.connect(str(settings.database)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_segments as select account_sid || n as segment_key,"
            " account_sid, n as talk_time from range(5000) numbers(n),"
            f" unnest(['{ONE}', '{OTHER}']) accounts(account_sid)"
        )
        connection.execute(
            "create table marts.fct_workload as select segment_key, account_sid, slice"
            " from marts.fct_segments, range(2) slices(slice)"
        )
        connection.execute("create table marts.dim_dates as select date '2024-03-05' as date_key")
        connection.execute(
            "create table marts.data_freshness as select distinct account_sid,"
            " timestamp '2024-03-05 10:00:00' as last_event_at from marts.fct_segments"
        )
        connection.execute(f"create table marts.audit_rejects as select 'of {OTHER}' as text")
    settings.dbt_manifest.write_text(json.dumps({"nodes": dict(_dbt_nodes())}))
    return settings


def _dbt_nodes():
    for name, columns in DBT_MODELS.items():
        yield f"model.{name}", {
            "unique_id": f"model.{name}",
            "resource_type": "model",
            "schema": "marts",
            "alias": name,
            "description": DESCRIPTION,
            "columns": {column: {"description": text} for column, text in columns.items()},
            "config": {
                "incremental_strategy": "replace_touched" if name in TOUCHED else None,
                "meta": TOUCHED.get(name, {}),
            },
        }
    yield "test.key", {
        "resource_type": "test",
        "schema": "tests",
        "alias": "key",
        "attached_node": "model.fct_segments",
        "test_metadata": {"name": "unique_key", "kwargs": {"columns": ["segment_key"]}},
    }


def run(settings):
    return publish(settings, Progress(open(os.devnull, "w")))


def change(settings, statement):
    with duckdb.connect(str(settings.database)) as connection:
        connection.execute(statement)


def rows(path: Path, query: str):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def state(settings):
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in settings.published.iterdir()
    }


def test_each_account_has_its_own_rows_in_main(settings):
    assert run(settings).written == [ONE, OTHER]
    for account in (ONE, OTHER):
        path = settings.published / f"{account}.duckdb"
        assert rows(path, "select account_sid, count(*) from main.fct_segments group by 1") == [
            (account, 5000)
        ]
        assert rows(path, "select schema_name, table_name from duckdb_tables() order by 2") == [
            ("main", "data_freshness"),
            ("main", "dim_dates"),
            ("main", "fct_segments"),
            ("main", "fct_workload"),
        ]
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_no_byte_of_another_account_is_in_a_file(settings):
    run(settings)
    published = (settings.published / f"{ONE}.duckdb").read_bytes()
    assert ONE.encode() in published
    assert OTHER.encode() not in published
    assert b"2" * 8 not in published


def test_descriptions_become_comments(settings):
    run(settings)
    path = settings.published / f"{ONE}.duckdb"
    assert rows(path, "select comment from duckdb_tables() where table_name = 'fct_segments'") == [
        (DESCRIPTION,)
    ]
    assert rows(
        path,
        "select column_name, comment from duckdb_columns() where table_name = 'fct_segments'"
        " order by column_index",
    ) == [("segment_key", "Its key"), ("account_sid", None), ("talk_time", "Seconds")]


def test_files_are_written_for_old_readers(settings):
    run(settings)
    header = (settings.published / f"{ONE}.duckdb").read_bytes()[:4096]
    # The file format's number stands after 8 bytes of checksum and the letters DUCK; 64 is v1.0.0.
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


def test_nothing_changed_leaves_every_byte_and_time(settings):
    run(settings)
    before = state(settings)
    again = run(settings)
    assert again.written == [] and again.unchanged == [ONE, OTHER]
    assert state(settings) == before


def test_rows_in_another_order_are_no_change(settings):
    run(settings)
    before = state(settings)
    change(
        settings,
        "create or replace table marts.fct_segments as"
        " from marts.fct_segments order by talk_time desc",
    )
    run(settings)
    assert state(settings) == before


def test_only_the_changed_account_is_written(settings):
    run(settings)
    before = state(settings)
    change(settings, f"update marts.fct_segments set talk_time = 1 where segment_key = '{ONE}7'")
    assert run(settings).written == [ONE]
    after = state(settings)
    assert after[f"{OTHER}.duckdb"] == before[f"{OTHER}.duckdb"]
    assert rows(
        settings.published / f"{ONE}.duckdb",
        f"select talk_time from fct_segments where segment_key = '{ONE}7'",
    ) == [(1,)]


def test_a_new_description_is_a_change(settings):
    run(settings)
    manifest = settings.dbt_manifest.read_text().replace("Seconds", "Seconds of talk")
    settings.dbt_manifest.write_text(manifest)
    assert run(settings).written == [ONE, OTHER]


READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for query in sys.stdin:
        print(*connection.execute(query).fetchone(), flush=True)
"""


def test_a_reader_goes_on_with_the_file_it_has_open(settings):
    run(settings)
    path = str(settings.published / f"{ONE}.duckdb")
    command = [sys.executable, "-c", READER, path]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:

        def ask():
            reader.stdin.write("select sum(talk_time), count(*) from fct_segments\n")
            reader.stdin.flush()
            return reader.stdout.readline().split()

        before = ask()
        for number in range(2):
            change(settings, f"update marts.fct_segments set talk_time = talk_time + {number + 1}")
            file = os.stat(path).st_ino
            assert ONE in run(settings).written
            assert os.stat(path).st_ino != file
            assert ask() == before == [str(sum(range(5000))), "5000"]
        reader.stdin.close()
    assert rows(path, "select sum(talk_time) from fct_segments") == [(sum(range(5000)) + 3 * 5000,)]


def test_an_account_that_is_gone_loses_its_file(settings):
    run(settings)
    for table in ("fct_segments", "fct_workload", "data_freshness"):
        change(settings, f"delete from marts.{table} where account_sid = '{OTHER}'")
    assert run(settings).removed == [OTHER]
    assert set(state(settings)) == {f"{ONE}.duckdb", "manifest.json"}


@pytest.mark.parametrize("manifest", ["{", "[]", "null"])
def test_what_a_killed_run_left_is_cleared_and_its_work_done(manifest, settings):
    run(settings)
    (settings.published / f".{ONE}.duckdb.tmp").write_bytes(b"half a file")
    (settings.published / f".{ONE}.duckdb.tmp.wal").write_bytes(b"and its log")
    (settings.published / f"{OTHER}.duckdb").unlink()
    (settings.published / "manifest.json").write_text(manifest)
    assert run(settings).written == [ONE, OTHER]
    assert set(state(settings)) == {f"{ONE}.duckdb", f"{OTHER}.duckdb", "manifest.json"}


def test_marts_that_become_again_what_they_were_are_published_again(settings, monkeypatch):
    """Though the run between was killed before it could tell what it wrote."""
    run(settings)
    first = state(settings)["manifest.json"]

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    change(settings, "update marts.fct_segments set talk_time = -1 where talk_time = 0")
    with monkeypatch.context() as patch:
        patch.setattr("flex_insights.publish.remove_others", kill)
        with pytest.raises(Killed):
            run(settings)
    change(settings, "update marts.fct_segments set talk_time = 0 where talk_time = -1")
    assert run(settings).written == [ONE, OTHER]
    told = [json.loads(text)["accounts"] for text, _ in (first, state(settings)["manifest.json"])]
    assert told[0][ONE]["hashes"] == told[1][ONE]["hashes"]
    path = settings.published / f"{ONE}.duckdb"
    assert rows(path, "select min(talk_time) from fct_segments") == [(0,)]


def test_a_stale_log_of_changes_does_not_meet_the_new_file(settings):
    run(settings)
    wal = settings.published / f"{ONE}.duckdb.wal"
    wal.write_bytes(b"changes to the old file")
    change(settings, "update marts.fct_segments set talk_time = 0")
    run(settings)
    assert not wal.exists()


def test_the_manifest_lists_what_is_published(settings):
    run(settings)
    manifest = json.loads((settings.published / "manifest.json").read_text())
    assert manifest["tables"]["fct_segments"] == {"key": ["segment_key"]}
    entry = manifest["accounts"][ONE]
    assert entry["file"] == f"{ONE}.duckdb"
    assert entry["rows"] == {"data_freshness": 1, "dim_dates": 1, "fct_segments": 5000, "fct_workload": 10000}
    assert entry["data_up_to"] == "2024-03-05T10:00:00+00:00"


HOSTILE = ["../../etc/passwd", "a/b", "a_b", "..", "", "x" * 500, "AC'; drop table t", "Ａ", "\x00"]


def test_no_name_leads_out_of_the_folder_or_to_another_file():
    accounts = [*HOSTILE, ONE, "unknown", "UNKNOWN", "ACab", "ACAB"]
    names = file_names(accounts)
    assert names[ONE] == f"{ONE}.duckdb" and names["unknown"] == "unknown.duckdb"
    assert len({name.casefold() for name in names.values()}) == len(accounts)
    for name in names.values():
        assert "/" not in name and not name.startswith("..") and len(name) < 100


@pytest.mark.parametrize("account", [name for name in HOSTILE if name])
def test_a_hostile_account_is_published_as_any_other(settings, account):
    with duckdb.connect(str(settings.database)) as connection:
        connection.execute(
            "insert into marts.fct_segments select 'hostile', $1, 1", [account]
        )
    assert account in run(settings).written
    manifest = json.loads((settings.published / "manifest.json").read_text())
    path = settings.published / manifest["accounts"][account]["file"]
    assert path.resolve().parent == settings.published.resolve()
    assert rows(path, "select segment_key from fct_segments") == [("hostile",)]


def test_a_failure_leaves_the_old_file_whole(settings, monkeypatch):
    run(settings)
    before = state(settings)
    change(settings, "update marts.fct_segments set talk_time = 0")

    def fail(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("flex_insights.publishing.write.put_in_place", fail)
        with pytest.raises(OSError):
            run(settings)
    after = state(settings)
    assert {name: after[name] for name in before} == before
    assert run(settings).written == [ONE, OTHER]
    assert set(state(settings)) == set(before)


# -- a build after a build


def build(settings, number, touched=(), follows=True, statements=(), since=None):
    """What build `number` leaves in the database: the statements done, their keys as touched."""
    with duckdb.connect(str(settings.database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("create schema if not exists staging")
        connection.execute("create schema if not exists intermediate")
        connection.execute(
            "create or replace table staging.build_state as select true as is_complete,"
            " $1 as build_id, $2 as follows",
            [f"b{number}", f"b{number - 1}" if follows else None],
        )
        connection.execute(
            "create or replace table intermediate.int_touched_keys as"
            " select unnest($1::varchar[]) as touched_key, $2::bigint as touched_from",
            [list(touched), since],
        )


def fresh(account, minute):
    """A load of an account always shows in its freshness."""
    return (
        "update marts.data_freshness set last_event_at ="
        f" timestamp '2024-03-06 00:00:00' + interval {minute} minutes"
        f" where account_sid = '{account}'"
    )


NEWS = [
    fresh(ONE, 1),
    f"delete from marts.fct_workload where segment_key in ('{ONE}1', '{ONE}2')",
    f"delete from marts.fct_segments where segment_key in ('{ONE}1', '{ONE}2')",
    f"insert into marts.fct_segments values ('{ONE}1', '{ONE}', 77), ('{ONE}new', '{ONE}', 78)",
    f"insert into marts.fct_workload values ('{ONE}new', '{ONE}', 0), ('{ONE}1', '{ONE}', 1)",
]
TOUCHED_KEYS = [f"{ONE}1", f"{ONE}2", f"{ONE}3", f"{ONE}new"]


def assert_like_a_whole_one(settings):
    """What is published is, table by table, what the database holds, and the manifest says so."""
    manifest = json.loads((settings.published / "manifest.json").read_text())
    for account, entry in manifest["accounts"].items():
        for table, count in entry["rows"].items():
            where = "" if table == "dim_dates" else f"where account_sid = '{account}'"
            expected = rows(settings.database, f"from marts.{table} {where} order by all")
            assert rows(settings.published / entry["file"], f"from {table} order by all") == expected
            assert count == len(expected)
    hashes = {account: entry["hashes"] for account, entry in manifest["accounts"].items()}
    for path in settings.published.iterdir():
        path.unlink()
    run(settings)
    manifest = json.loads((settings.published / "manifest.json").read_text())
    assert hashes == {account: entry["hashes"] for account, entry in manifest["accounts"].items()}


def test_the_next_build_replaces_what_it_touched(settings):
    build(settings, 1)
    run(settings)
    before = state(settings)
    build(settings, 2, TOUCHED_KEYS, statements=NEWS)
    done = run(settings)
    assert (done.written, done.updated, done.unchanged) == ([ONE], [ONE], [OTHER])
    assert state(settings)[f"{OTHER}.duckdb"] == before[f"{OTHER}.duckdb"]
    entry = json.loads((settings.published / "manifest.json").read_text())["accounts"][ONE]
    # two segments, their four slices, but one that is as it was, and the freshness
    assert entry["dead_rows"] == 2 + 3 + 1
    path = settings.published / f"{ONE}.duckdb"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes()[12] == 64
    assert rows(path, "select comment from duckdb_tables() where table_name = 'fct_segments'") == [
        (DESCRIPTION,)
    ]
    assert_like_a_whole_one(settings)


def test_rows_with_keys_that_the_build_added_are_published(settings):
    build(settings, 1)
    run(settings)
    added = f"insert into marts.fct_workload select '{ONE}added', '{ONE}', n from range(3) t(n)"
    build(settings, 2, TOUCHED_KEYS, statements=[added, fresh(ONE, 1)])
    assert run(settings).updated == [ONE]
    assert_like_a_whole_one(settings)


def test_only_what_is_not_before_the_touched_moment_is_replaced(settings):
    build(settings, 1)
    run(settings)
    slices = f"update marts.fct_workload set slice = slice + 10 where segment_key = '{ONE}1'"
    build(settings, 2, TOUCHED_KEYS, statements=[f"{slices} and slice >= 1", fresh(ONE, 1)], since=1)
    assert run(settings).updated == [ONE]
    build(settings, 3, TOUCHED_KEYS, statements=[slices, fresh(ONE, 2)], since=11)
    # a slice before that moment has changed, which the rows at hand do not tell; their number does
    delete = f"delete from marts.fct_workload where segment_key = '{ONE}1' and slice = 10"
    build(settings, 3, TOUCHED_KEYS, statements=[delete], since=11)
    done = run(settings)
    assert ONE in done.written and done.updated == []
    assert_like_a_whole_one(settings)


def test_after_the_build_that_was_published_nothing_is_written(settings):
    build(settings, 1)
    run(settings)
    before = state(settings)
    assert run(settings).unchanged == [ONE, OTHER]
    build(settings, 1)
    assert run(settings).unchanged == [ONE, OTHER]
    assert state(settings) == before


def test_a_file_is_written_whole_unless_the_build_before_is_published(settings):
    build(settings, 1)
    run(settings)
    build(settings, 2, TOUCHED_KEYS, statements=NEWS)
    build(settings, 3, [], statements=[fresh(ONE, 2)])
    done = run(settings)
    assert (done.written, done.updated) == ([ONE], [])
    assert_like_a_whole_one(settings)
    build(settings, 4, [], follows=False, statements=["delete from marts.fct_segments"])
    done = run(settings)
    assert (done.written, done.updated) == ([ONE, OTHER], [])
    assert_like_a_whole_one(settings)


@pytest.mark.parametrize("change", ["rows", "file", "description"])
def test_a_file_that_is_not_as_it_was_left_is_written_whole(settings, change):
    build(settings, 1)
    run(settings)
    build(settings, 2, TOUCHED_KEYS, statements=NEWS)
    if change == "rows":  # of a segment that the build says it has not touched
        build(settings, 2, TOUCHED_KEYS, statements=["delete from marts.fct_segments where talk_time = 9"])
    elif change == "file":
        os.utime(settings.published / f"{ONE}.duckdb")
    else:
        text = settings.dbt_manifest.read_text().replace("Seconds", "Seconds of talk")
        settings.dbt_manifest.write_text(text)
    done = run(settings)
    assert ONE in done.written and done.updated == []
    assert_like_a_whole_one(settings)


def test_a_file_with_many_dead_rows_is_written_whole(settings):
    build(settings, 1)
    run(settings)
    keys = [f"{ONE}{n}" for n in range(5000)]
    for number in range(2, 5):
        update = f"update marts.fct_segments set talk_time = talk_time + 1 where account_sid = '{ONE}'"
        build(settings, number, keys, statements=[update, fresh(ONE, number)])
        done = run(settings)
        # rows: 15,000 and a few; dead: 5,000 after the first update, which is more than is borne
        assert done.updated == ([ONE] if number != 3 else [])
    assert_like_a_whole_one(settings)
