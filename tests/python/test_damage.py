"""Damage to what the project keeps is named in a sentence, and nothing is lost in silence."""

import json
import re

import pytest
from loading_support import ACCOUNT, landed, lines, load, webhook

from flex_insights.loading.commit import JOURNAL, commit, workspace_path
from flex_insights.loading.errors import LoadError
from flex_insights.privacy.mentions import normalised
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import Rewriting

ERASED = "+15551234567"


def cut(content):
    return content[: len(content) // 2]


def with_another_digit(content):
    """Still JSON, and says something else: a digit within a text differs."""
    at = [found.start() for found in re.finditer(rb"\d", content)][40]
    return content[:at] + (b"1" if content[at : at + 1] == b"0" else b"0") + content[at + 1 :]


def without_the_last_key(content):
    held = json.loads(content)
    held.pop("sha256")
    held.popitem()
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
    "a key less": without_the_last_key,
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
