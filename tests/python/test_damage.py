"""Damage to what the project keeps is named in a sentence, and nothing is lost in silence."""

import gzip
import json
import os
import re
from pathlib import Path

import duckdb
import pytest
from byte_search import files_that_hold
from loading_support import ACCOUNT, landed, lines, load, rejected, text_of, webhook

from flex_insights.database import rebuilding_if_damaged
from flex_insights.loading.checked_json import read_checked
from flex_insights.loading.commit import JOURNAL, commit, workspace_path
from flex_insights.loading.damage import damaged_files
from flex_insights.loading.errors import LoadError
from flex_insights.loading.ledger import Ledger
from flex_insights.privacy.mentions import customer_names, normalised
from flex_insights.privacy.redact import redact
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import Rewriting
from flex_insights.progress import Progress

ERASED = "+15551234567"


def cut(content):
    return content[: len(content) // 2]


def with_another_digit(content):
    """Still JSON, and says something else: a digit within a text differs."""
    at = [found.start() for found in re.finditer(rb"\d", content)][40]
    return content[:at] + (b"1" if content[at : at + 1] == b"0" else b"0") + content[at + 1 :]


def without_the_first_key(content):
    held = json.loads(content)
    del held["sha256"], held[min(held, key=list(held).index)]
    return json.dumps(held).encode()


DAMAGE = {
    "empty": lambda content: b"",
    "cut": cut,
    "garbage": lambda content: b"\xff\xfe" + content[2:],
    "zeros": lambda content: bytes(len(content)),
    "a digit": with_another_digit,
    "a list": lambda content: b"[]",
    "null": lambda content: b"null",
    "an empty object": lambda content: b"{}",
    "a key less": without_the_first_key,
    "other types": lambda content: json.dumps(dict.fromkeys(json.loads(content), 1)).encode(),
    "too deep": lambda content: b"[" * 100_000,
}


def prepare(folder):
    """A load, somebody erased, and a load that was interrupted after it counted."""
    load(folder, {"a": lines(webhook(1))})
    register = Register(folder / "data")
    register.add("customer", ANY_ACCOUNT, [normalised(ERASED)])
    register.redacted.add(ACCOUNT)
    Rewriting(folder / "data").finish(register, rebuild=False)


def interrupted_load(folder, monkeypatch):
    target = workspace_path(folder / "data", "raw/account_sid=x/00000009-0.parquet")
    target.write_bytes(next((folder / "data" / "raw").rglob("0*.parquet")).read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr("flex_insights.loading.commit._apply", lambda *_: None)
        commit(folder / "data", [target.relative_to(folder / "data/tmp/load/files")], [])


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("privacy.json", "restore it from a backup. Without it they would come back"),
        ("loads/00000001.json", "(copy privacy.json and kept_since there first"),
        (str(JOURNAL), "repeat every redact, forget and expire"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_loaded(tmp_path, monkeypatch, name, words, damage):
    prepare(tmp_path)
    if name == str(JOURNAL):
        interrupted_load(tmp_path, monkeypatch)
    path = tmp_path / "data" / name
    path.write_bytes(damage(path.read_bytes()))
    before = landed(tmp_path)
    with pytest.raises(LoadError) as error:
        load(tmp_path, {"b": lines(webhook(2))})
    said = str(error.value)
    assert said.startswith(f"{path}, the list of what ") or said.startswith(f"{path}, the list of who ")
    assert "is damaged" in said and words in said and "\n" not in said
    assert landed(tmp_path) == before and path.exists()


def test_what_an_earlier_version_wrote_without_checksums_is_read(tmp_path):
    prepare(tmp_path)
    for path in (tmp_path / "data" / "privacy.json", tmp_path / "data" / "loads" / "00000001.json"):
        held = json.loads(path.read_text())
        del held["sha256"]
        path.write_text(json.dumps(held, indent=0))
    assert Register(tmp_path / "data").redacted == {ACCOUNT}
    report = load(tmp_path, {"b": lines(webhook(2))})
    assert (report.files_skipped, report.events) == (1, 1)


# -- the database


def test_a_database_is_set_aside_once_and_only_if_it_is_damaged(tmp_path, capsys):
    database = tmp_path / "flex_insights.duckdb"
    done = []

    def work():
        done.append(database.exists())
        with duckdb.connect(str(database)) as connection:
            connection.execute("create or replace table t as select 1")
            return len(done)

    assert rebuilding_if_damaged(database, work) == 1
    for times in range(2):
        database.write_bytes(b"no database")
        (tmp_path / "flex_insights.duckdb.wal").write_bytes(b"of the old one")
        assert rebuilding_if_damaged(database, work) == 3 + 2 * times
        assert (tmp_path / "flex_insights.duckdb.damaged").read_bytes() == b"no database"
        assert (tmp_path / "flex_insights.duckdb.damaged.wal").read_bytes() == b"of the old one"
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and all("is damaged" in line and "is built again" in line for line in said)


@pytest.mark.parametrize(
    "message",
    [
        'IO Error: Could not set lock on file "x.duckdb": Conflicting lock is held in python',
        "IO Error: Could not write file: No space left on device",
        'Could not read enough bytes from file "raw/account_sid=AC1/00000001-0.parquet"',
    ],
)
def test_what_is_no_damage_of_the_database_is_left_to_others(tmp_path, message):
    database = tmp_path / "flex_insights.duckdb"
    database.write_bytes(b"as it is")

    def fail():
        raise duckdb.IOException(message)

    with pytest.raises(duckdb.IOException):
        rebuilding_if_damaged(database, fail)
    assert database.read_bytes() == b"as it is"


# -- the landing zone

FILES = {"a": lines(webhook(1), webhook(2, AccountSid="AC2")), "b": lines(webhook(3), "no event"),
         "c": lines(webhook(4, AccountSid="AC2"))}


def quiet(_):
    pass


def damaged(folder):
    return damaged_files(folder / "data", quiet)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


HARM = {
    "a bit": flip_a_bit,
    "cut": lambda path: path.write_bytes(cut(path.read_bytes())),
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another file's": lambda path: path.write_bytes(
        next(p for p in path.parent.parent.rglob("0*.parquet") if p != path).read_bytes()),
    "gone": lambda path: path.unlink(),
}


def raw_file(folder, number=0, account=ACCOUNT):
    return sorted((folder / "data" / "raw" / f"account_sid={account}").glob("0*.parquet"))[number]


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_damage_to_the_landing_zone_is_found_and_made_good(tmp_path, harm):
    load(tmp_path, FILES)
    load(tmp_path, {"d": lines(webhook(5))})
    (tmp_path / "data" / "flex_insights.duckdb").write_bytes(b"of what was there")
    before, rejects = sorted(landed(tmp_path)), rejected(tmp_path)
    assert damaged(tmp_path) == []
    path = raw_file(tmp_path)
    harm(path)
    (found,) = damaged(tmp_path)
    assert found.path == path.relative_to(tmp_path / "data") and found.load_id == 1
    assert [Path(name).name for name in found.sources] == ["a", "b"]
    report = load(tmp_path, damaged=[found])
    assert [Path(name).name for name in report.reloaded] == ["a", "b"] and report.lost == []
    assert sorted(set(landed(tmp_path))) == before and rejected(tmp_path) == rejects
    assert damaged(tmp_path) == []
    # what was built was built of other rows
    assert not (tmp_path / "data" / "flex_insights.duckdb").exists()
    assert load(tmp_path).files_skipped == 4


def test_all_files_of_a_load_that_are_loaded_again_go(tmp_path):
    load(tmp_path, {"a": FILES["a"]})
    flip_a_bit(raw_file(tmp_path))
    load(tmp_path, damaged=damaged(tmp_path))
    assert len(landed(tmp_path)) == 2


def test_the_event_file_is_found_under_any_name(tmp_path):
    load(tmp_path, FILES)
    flip_a_bit(raw_file(tmp_path))
    (tmp_path / "events" / "a").rename(tmp_path / "events" / "z")
    (tmp_path / "events" / "b").write_bytes(gzip.compress(FILES["b"]))
    assert load(tmp_path, damaged=damaged(tmp_path)).lost == []
    assert len(set(landed(tmp_path))) == 4


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_has_grown_since_is_loaded_again_from_its_beginning(tmp_path, number):
    load(tmp_path, {"a": lines(webhook(1)) + b'{"cut'})
    load(tmp_path, {"a": lines(webhook(1), '{"cut": 1}', webhook(2))})
    before = landed(tmp_path), rejected(tmp_path)
    flip_a_bit(raw_file(tmp_path, number))
    load(tmp_path, damaged=damaged(tmp_path))
    assert (landed(tmp_path), rejected(tmp_path)) == before
    # and when it has grown after the damage
    flip_a_bit(raw_file(tmp_path))
    load(tmp_path, {"a": lines(webhook(1), '{"cut": 1}', webhook(2), webhook(3))}, damaged=damaged(tmp_path))
    assert len(landed(tmp_path)) == 3 and damaged(tmp_path) == []


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_an_event_file_that_is_not_there_is_named_and_nothing_is_changed(tmp_path, what):
    load(tmp_path, FILES)
    content = FILES["b"] if what == "gone" else None
    flip_a_bit(raw_file(tmp_path))
    event_file = tmp_path / "events" / "b"
    event_file.unlink() if what == "gone" else event_file.write_bytes(lines("something else"))
    before = {p: p.read_bytes() for p in (tmp_path / "data").rglob("*.parquet")}
    with pytest.raises(LoadError) as error:
        load(tmp_path, damaged=damaged(tmp_path))
    said = str(error.value)
    assert str(raw_file(tmp_path)) in said and str(event_file) in said and "put the event files back" in said
    assert str(tmp_path / "events" / "a") not in said and "\n" not in said
    assert {p: p.read_bytes() for p in (tmp_path / "data").rglob("*.parquet")} == before
    # without the damaged file it goes on, and what comes back is loaded
    raw_file(tmp_path).unlink()
    report = load(tmp_path, damaged=damaged(tmp_path))
    assert [Path(name).name for name in report.lost] == ["b"]
    assert damaged(tmp_path) == [] and not any("EV" + "0" * 31 + "3" in text for text in landed(tmp_path))
    event_file.write_bytes(FILES["b"])
    load(tmp_path)
    assert len(set(landed(tmp_path)) - {content}) >= 4


def test_rejects_and_files_without_rows_are_made_good_too(tmp_path):
    load(tmp_path, FILES)
    before = rejected(tmp_path)
    for path in [*(tmp_path / "data" / "rejected").glob("*"), *(tmp_path / "data").glob("raw/*/empty.parquet")]:
        flip_a_bit(path)
        found = damaged(tmp_path)
        assert len(found) == 1
        load(tmp_path, damaged=found)
        assert damaged(tmp_path) == [] and rejected(tmp_path) == before


def test_what_is_erased_or_redacted_is_not_brought_back(tmp_path):
    load(tmp_path, {"a": lines(webhook(1, TaskAttributes=json.dumps({"from": ERASED, "name": "Ada"})))})
    register = Register(tmp_path / "data")
    register.add("customer", ANY_ACCOUNT, customer_names(ERASED))
    Rewriting(tmp_path / "data").finish(register, rebuild=False)
    flip_a_bit(raw_file(tmp_path))
    load(tmp_path, damaged=damaged(tmp_path))
    assert files_that_hold(tmp_path / "data", [ERASED, "Ada"]) == []
    assert damaged(tmp_path) == []  # checksums are those of what is there after the erasure


def test_erasures_keep_checksums_and_names_up_to_date(tmp_path):
    load(tmp_path, FILES)
    redact(tmp_path / "data", [ACCOUNT], Progress(open(os.devnull, "w")))
    assert damaged(tmp_path) == []
    load(tmp_path, {"deep": lines(text_of(webhook(9))[:-1] + ', "Deep": ' + "[" * 5000 + "]" * 5000 + "}")})
    redact(tmp_path / "data", ["all"], Progress(open(os.devnull, "w")))  # one becomes a reject
    assert damaged(tmp_path) == [] and Ledger(tmp_path / "data" / "loads").landed
    known = {str(path) for path in Ledger(tmp_path / "data" / "loads").landed}
    there = {str(p.relative_to(tmp_path / "data")) for p in (tmp_path / "data").rglob("*.parquet")}
    assert known == there


def test_a_landing_zone_of_before_there_were_checksums_is_looked_at(tmp_path):
    load(tmp_path, FILES)
    for path in (tmp_path / "data" / "loads").iterdir():
        held = read_checked(path)
        del held["landed"]
        path.write_text(json.dumps(held))
    assert damaged(tmp_path) == []
    raw_file(tmp_path).write_bytes(b"PAR1 and so on")
    (found,) = damaged(tmp_path)
    assert found.sources is None
    assert len(load(tmp_path, damaged=[found]).reloaded) == 3
    assert len(set(landed(tmp_path))) == 4 and damaged(tmp_path) == []


def test_checksums_survive_the_ledgers_merging(tmp_path, monkeypatch):
    monkeypatch.setattr("flex_insights.load_events.FILES_BEFORE_MERGE", 2)
    for number in range(7):
        load(tmp_path, {f"{number}": lines(webhook(number))})
        assert damaged(tmp_path) == []
    flip_a_bit(raw_file(tmp_path, 3))
    (found,) = damaged(tmp_path)
    assert [Path(name).name for name in found.sources] == ["3"]
