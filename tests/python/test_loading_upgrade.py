"""What an earlier version rejected, or landed without account or ids, is read again once."""

import json
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loading_support import ACCOUNT, landed, lines, load, rejected, rest, stream, text_of, webhook
from shapes import b64, form_body, with_text, zipped

from flex_insights.load_events import load_events
from flex_insights.loading import reasons
from flex_insights.loading.landing import EVENT_SCHEMA, REJECT_SCHEMA, raw_folder
from flex_insights.loading.ledger import READER, Ledger

OLD_REASON = "an object that is none of the three forms of a TaskRouter event"
WRAPPED = {"Message": text_of(stream(1))}


def loaded_before(folder, files, events=(), rejects=(), knows_contents=True):
    """A data folder as an earlier version left it after loading the files: `events` are (file, position,
    account, form, text), `rejects` (file, position, text, reason). Of packed files it knew other
    contents than are unpacked now."""
    load(folder, files)
    data = folder / "data"
    (ledger,) = (data / "loads").iterdir()
    held = json.loads(ledger.read_text())
    for key in ("reader", "read_since", "landed", "sha256"):
        held.pop(key)
    if not knows_contents:
        held["contents"] = []
    for content in held["contents"]:
        content["events"] = sum(content["source_file"].endswith(f"/{file}") for file, *_ in events)
    ledger.write_text(json.dumps(held))
    for path in [*data.glob("raw/*/0*.parquet"), *data.glob("rejected/0*.parquet")]:
        path.unlink()
    name = {"source_file": f"{folder}/events/"}
    for number, (file, position, account, form, text) in enumerate(events):
        row = {"account_sid": account, "event": text, "form": form, "position": position, "element": 0}
        row |= {"landing_id": 10**10 + number, "source_file": name["source_file"] + file}
        write(data / raw_folder(account) / f"00000001-{number}.parquet", [row], EVENT_SCHEMA)
    rows = [
        {"text": text, "source_file": name["source_file"] + file, "position": position, "reason": reason}
        for file, position, text, reason in rejects
    ]
    if rows:
        write(data / "rejected" / "00000001-0.parquet", rows, REJECT_SCHEMA)


def write(path, rows, schema):
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp = {"load_id": 1, "loaded_at": datetime(2026, 1, 1)}
    pq.write_table(pa.Table.from_pylist([row | stamp for row in rows], schema), path)


def load_again(folder, **settings):
    return load_events(str(folder / "events"), folder / "data", **settings)


def test_texts_of_rejects_are_read_again_once(tmp_path):
    content = lines(webhook(9), WRAPPED, {"a": 1}, form_body(webhook(2)))
    loaded_before(
        tmp_path,
        {"a": content},
        events=[("a", 1, ACCOUNT, "webhook", text_of(webhook(9)))],
        rejects=[
            ("a", 2, text_of(WRAPPED), OLD_REASON),
            ("a", 3, '{"a": 1}', OLD_REASON),
            ("a", 4, form_body(webhook(2)), "plain text, not JSON"),
        ],
    )
    report = load_again(tmp_path)
    assert (report.events, report.rejected, report.events_recovered) == (2, 0, 2)
    assert landed(tmp_path, "position, form", "position") == [
        (1, "webhook"), (2, "event_streams"), (4, "webhook"),
    ]  # fmt: skip
    assert landed(tmp_path, "distinct source_file", "1") == [f"{tmp_path}/events/a"]
    assert rejected(tmp_path) == [(3, OLD_REASON)]
    again = load_again(tmp_path)
    assert (again.events, again.events_recovered, again.load_id) == (0, 0, None)
    assert len(landed(tmp_path)) == 3


def test_events_without_ids_become_rejects_and_others_find_their_account(tmp_path):
    events = [
        webhook(1),
        webhook(2, TaskSid=None),
        with_text(stream(3), "data"),
        webhook(4, AccountSid=None),
        with_text(rest(5), "event_data"),
    ]
    forms = ("webhook", "webhook", "event_streams", "webhook", "rest")
    accounts = (ACCOUNT, ACCOUNT, "unknown", "unknown", ACCOUNT)
    loaded_before(
        tmp_path,
        {"a": lines(*events)},
        events=[
            ("a", n, account, form, text_of(event))
            for n, (event, form, account) in enumerate(zip(events, forms, accounts), 1)
        ],
    )
    (tmp_path / "data" / "flex_insights.duckdb").touch()
    report = load_again(tmp_path)
    assert landed(tmp_path, "position, account_sid", "position") == [
        (1, ACCOUNT), (3, ACCOUNT), (4, "unknown"), (5, ACCOUNT),
    ]  # fmt: skip
    assert rejected(tmp_path, "position, text, reason") == [(2, text_of(events[1]), reasons.NO_TASK)]
    assert report.rejected == 1
    # everything is built again
    assert not (tmp_path / "data" / "flex_insights.duckdb").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_files_of_rejects_without_text_are_read_again(tmp_path, is_there):
    content = lines(webhook(9), WRAPPED, {"a": 1})
    loaded_before(
        tmp_path,
        {"a": content, "b": b"hello\n"},
        events=[("a", 1, ACCOUNT, "webhook", text_of(webhook(9)))],
        rejects=[("a", 2, "", OLD_REASON), ("a", 3, "", OLD_REASON), ("b", 1, "", "plain text")],
    )
    if not is_there:
        (tmp_path / "events" / "a").rename(tmp_path / "a")
    report = load_again(tmp_path, hipaa_accounts=f"AC{0:032}")
    if not is_there:
        assert (report.events, report.to_load_again) == (0, [f"{tmp_path}/events/a"])
        # as long as it takes, and under any name
        assert load_again(tmp_path).to_load_again == [f"{tmp_path}/events/a"]
        (tmp_path / "a").rename(tmp_path / "events" / "c")
        report = load_again(tmp_path)
    assert (report.events, report.to_load_again) == (1, [])
    assert landed(tmp_path, "position", "1") == [1, 2]
    assert sorted(rejected(tmp_path)) == [(1, reasons.PLAIN_TEXT), (3, reasons.UNKNOWN_OBJECT)]
    assert load_again(tmp_path).events == 0


@pytest.mark.parametrize(
    ("content", "rejects"),
    [
        ("\n".join(map(text_of, [webhook(1), webhook(2)])).encode("utf-16"), 2),
        (zipped({"a.jsonl": lines(webhook(1), webhook(2))}), 1),
    ],
    ids=["UTF-16", "zip"],
)
def test_files_that_gave_nothing_but_rejects_are_read_again(tmp_path, content, rejects):
    loaded_before(
        tmp_path,
        {"a": content},
        rejects=[("a", n, "\x00{\x00" if rejects > 1 else "", "unreadable") for n in range(1, rejects + 1)],
        knows_contents=False,
    )
    report = load_again(tmp_path)
    assert (report.events, report.rejected, report.to_load_again) == (2, 0, [])
    assert rejected(tmp_path) == []
    assert load_again(tmp_path).events == 0


def test_a_document_that_has_grown_meanwhile_loses_nothing(tmp_path):
    old = [webhook(1), {"a": webhook(2)}, webhook(3)]
    loaded_before(
        tmp_path,
        {"a": json.dumps(old).encode()},
        events=[("a", n, ACCOUNT, "webhook", text_of(old[n - 1])) for n in (1, 3)],
        rejects=[("a", 2, text_of(old[1]), OLD_REASON)],
    )
    load(tmp_path, {"a": json.dumps([*old, webhook(4)]).encode()})
    assert {json.loads(text)["Sid"][-1] for text in landed(tmp_path)} == set("1234")
    assert rejected(tmp_path) == []


def test_under_hipaa_nothing_that_is_recovered_leaves_a_secret(tmp_path):
    wrapped = {"data": b64(text_of(webhook(1, TaskAttributes='{"name": "SENTINEL"}')))}
    loaded_before(
        tmp_path, {"a": lines(webhook(9), wrapped)},
        events=[("a", 1, ACCOUNT, "webhook", text_of(webhook(9)))],
        rejects=[("a", 2, text_of(wrapped), OLD_REASON)],
    )  # fmt: skip
    load_again(tmp_path, hipaa_accounts=ACCOUNT)
    recovered = landed(tmp_path, "event", "position")[1]
    assert "SENTINEL" not in recovered and "WT" in recovered


def test_a_fresh_folder_is_of_this_version(tmp_path):
    load(tmp_path, {"a": lines(webhook(1))})
    ledger = Ledger(tmp_path / "data" / "loads")
    assert (ledger.is_of_earlier_version, ledger.read_since) == (False, 0)
    (file,) = (tmp_path / "data" / "loads").iterdir()
    assert json.loads(file.read_text())["reader"] == READER
