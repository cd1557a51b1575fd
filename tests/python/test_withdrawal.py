"""What is withdrawn with an erasure: all that was built, and what is published of the accounts."""

import json

import pytest
from loading_support import ACCOUNT, lines, load, webhook
from privacy_support import sid_of

from flex_insights.loading.commit import recover
from flex_insights.privacy.register import Register
from flex_insights.privacy.rewrite import Rewriting, event_files, with_column

OTHER = sid_of("AC", "other")
BUILT = (
    *("flex_insights.duckdb", "flex_insights.duckdb.wal", "flex_insights.duckdb.tmp/spilled"),
    *("flex_insights.duckdb.damaged", "flex_insights.duckdb.damaged.wal"),
    *("logs/dbt.log", "target/manifest.json", "spark/warehouse/marts.db/dim_customers/0.parquet"),
)
OURS = (f"{ACCOUNT}.duckdb", f"{ACCOUNT}.duckdb.wal", f".{OTHER}.duckdb.tmp", ".x.duckdb.tmp.wal",
        "audiences/team.duckdb", "ACgone.duckdb")
THEIRS = (f"{OTHER}.duckdb", f"{OTHER}.duckdb.wal", "notes.txt")


def write(data, names):
    for name in names:
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something")


@pytest.fixture
def data(tmp_path):
    """Two accounts with an event each, and files as a build leaves them."""
    load(tmp_path, {"events": lines(webhook(1), webhook(2, AccountSid=OTHER))})
    data = tmp_path / "data"
    write(data, [*BUILT, *(f"published/{name}" for name in (*OURS, *THEIRS))])
    entries = {account: {"file": f"{account}.duckdb"} for account in (ACCOUNT, OTHER)}
    write_manifest(data, {"definition": "d", "build_id": "b1", "accounts": entries})
    return data


def write_manifest(data, manifest):
    (data / "published" / "manifest.json").write_text(json.dumps(manifest))


def published(data):
    folder = data / "published"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def change(data, account):
    """An erasure that changes the events of one account; gives what it withdrew."""
    rewriting = Rewriting(data)
    for path in event_files(data):
        if account in str(path):
            rewriting.rewrite(path, lambda rows, _: (with_column(rows, "event", ["{}"] * len(rows)), None))
    return rewriting.finish(Register(data), rebuild=True)


def test_what_is_published_of_others_stays_and_the_manifest_says_so(data):
    withdrawal = change(data, ACCOUNT)
    assert [name for name in BUILT if (data / name).exists()] == []
    assert published(data) == {*THEIRS, "manifest.json"}
    manifest = json.loads((data / "published" / "manifest.json").read_text())
    assert list(manifest["accounts"]) == [OTHER] and manifest["definition"] == "d"
    assert manifest["build_id"] is None  # the next publication is no update of what the last build left
    assert set(withdrawal.published) == {f"{ACCOUNT}.duckdb", "audiences/team.duckdb", "ACgone.duckdb"}
    assert withdrawal.has_spark


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}"])
def test_without_a_manifest_nobody_knows_whose_a_file_is(data, manifest):
    (data / "published" / "manifest.json").write_text(manifest)
    change(data, ACCOUNT)
    assert published(data) == {"notes.txt"}


def test_where_nothing_changes_nothing_is_withdrawn(data):
    before = published(data)
    withdrawal = change(data, "nobody's")
    assert published(data) == before and all((data / name).exists() for name in BUILT)
    assert withdrawal.removals == withdrawal.published == []


def test_what_is_withdrawn_goes_before_anything_else_and_is_taken_up(data, monkeypatch):
    """Killed between the journal and its end."""

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda path, to: kill() if "files" in path.parts else
                      path.rename(to))
        with pytest.raises(Killed):
            change(data, ACCOUNT)
    assert f"{ACCOUNT}.duckdb" not in published(data)
    recover(data)
    assert published(data) == {*THEIRS, "manifest.json"}
    assert [name for name in BUILT if (data / name).exists()] == []
