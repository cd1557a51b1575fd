"""`fetch` against a Twilio that fails: every event once, in its own words."""

import io
import json
import random
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import stamina
from conftest import PROJECT
from fake_twilio import (
    ACCOUNT,
    API_KEY,
    API_SECRET,
    FAILURES,
    NOW,
    WORKSPACE,
    FakeTwilio,
    LocalHttpClient,
    event_text,
    spread_events,
)
from fetch_support import api_of, fetch, fetched_before, inbox_lines, inbox_sids, recent_events
from killing import run_until

from flex_insights.inbox import inbox_files
from flex_insights.progress import Progress
from flex_insights.twilio.accounts import Account
from flex_insights.twilio.api import ATTEMPTS, Api, Unusable, _wait_before_next_try
from flex_insights.twilio.errors import TwilioError
from flex_insights.twilio.fetch import REACH, workspaces_of
from flex_insights.twilio.fetch import fetch as fetch_all
from flex_insights.twilio.windows import paged

OTHER_ACCOUNT = "AC" + "6" * 32


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=100):
        yield


@pytest.fixture
def data(tmp_path):
    """A data folder that has been fetched to until two days ago."""
    return fetched_before(tmp_path / "data")


def test_the_first_fetch_brings_all_that_twilio_still_has(tmp_path):
    old = NOW - timedelta(days=30)
    events = spread_events(300, span=REACH - timedelta(minutes=1))
    with FakeTwilio([*events, (old, event_text(999, old))]) as twilio:
        fetched = fetch(twilio.port, tmp_path)
        assert fetched.events == 300
        assert inbox_sids(tmp_path) == twilio.sids[:-1]


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"page_cap": 100},
        {"page_cap": 50, "has_links": False},
        {"page_cap": 20, "overlap": 3},
        {"largest_page": 100},
        {"failures": 0.35, "seed": 1},
        {"failures": 0.35, "seed": 2, "page_cap": 100},
        {"failures": 0.35, "seed": 3, "page_cap": 50, "has_links": False},
        {"failures": 0.35, "seed": 4, "page_cap": 20, "overlap": 3},
    ],
    ids=str,
)
def test_every_event_once_and_nothing_at_the_second_run(data, ways):
    with FakeTwilio(recent_events(1500), **ways) as twilio:
        fetched = fetch(twilio.port, data)
        assert inbox_sids(data) == twilio.sids
        assert (fetched.events, fetched.until) == (1500, NOW)
        assert fetch(twilio.port, data).events == 0
        assert inbox_sids(data) == twilio.sids
        assert bool(twilio.failed) == ("failures" in ways)


@pytest.mark.parametrize("kind", FAILURES)
def test_every_kind_of_failure_is_survived(data, kind):
    with FakeTwilio(recent_events(200), page_cap=20, failures=0.35, kinds=[kind]) as twilio:
        fetch(twilio.port, data)
        assert len(twilio.failed) > 10
        assert inbox_sids(data) == twilio.sids


def test_events_land_in_their_own_text(data):
    with FakeTwilio(recent_events(200)) as twilio:
        fetch(twilio.port, data)
        expected = sorted(text.replace("\n", " ") for _, text in twilio.events)
    assert sorted(inbox_lines(data)) == expected
    assert any("1.50" in line and "ë" in line for line in expected)


def test_events_that_become_visible_late_come_once(data):
    """Up to ten minutes late, from clocks up to five minutes ahead of Twilio's."""
    chance = random.Random(7)
    fetched_before(data, NOW)
    with FakeTwilio() as twilio:
        visible_at = {}
        for number in range(300):
            time = NOW + timedelta(minutes=chance.uniform(0, 600))
            visible = time + timedelta(minutes=chance.uniform(-5, 10))
            visible_at[time, event_text(number, time)] = max(visible, NOW)
        last = NOW + timedelta(minutes=625)
        while twilio.now < last:
            twilio.now = min(twilio.now + timedelta(minutes=chance.choice([0, 1, 3, 20, 90])), last)
            seen = [event for event, moment in visible_at.items() if moment <= twilio.now]
            twilio.events = sorted(seen, reverse=True)
            fetch(twilio.port, data)
        assert len(twilio.sids) == 300
        assert inbox_sids(data) == twilio.sids


def test_a_window_ends_where_twilios_clock_stands(data):
    fetched_before(data, NOW)
    ahead = NOW + timedelta(hours=3)
    events = [(ahead - timedelta(minutes=n), event_text(n, ahead - timedelta(minutes=n))) for n in range(1, 20)]
    with FakeTwilio(events, now=ahead) as twilio:
        assert fetch(twilio.port, data).until == ahead
        assert len(inbox_lines(data)) == 19


CHILD = """
import pathlib, sys
sys.path[:0] = [{tests!r}]
import stamina
from fetch_support import fetch
with stamina.set_testing(True, attempts=100):
    fetch(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 9))])
@pytest.mark.parametrize("ways", [{}, {"page_cap": 30, "has_links": False}], ids=str)
def test_killed_three_times_at_random_amid_failures(data, ways, seed):
    chance = random.Random(seed)
    children = []
    kill_at = []

    def kill(number):
        if kill_at and number >= kill_at[0]:
            kill_at.pop(0)
            children[-1].kill()

    script = CHILD.format(tests=str(PROJECT / "tests" / "python"))
    with FakeTwilio(recent_events(1500), failures=0.35, seed=seed, on_request=kill, **ways) as twilio:
        for _ in range(3):
            kill_at[:] = [len(twilio.requests) + chance.randrange(3, 25)]
            children.append(
                subprocess.Popen([sys.executable, "-c", script, str(twilio.port), str(data)], cwd=PROJECT)
            )
            assert children[-1].wait() == -signal.SIGKILL
        fetch(twilio.port, data)
        assert inbox_sids(data) == twilio.sids
        assert fetch(twilio.port, data).events == 0
        assert inbox_sids(data) == twilio.sids


def test_killed_before_any_change_to_the_disk(tmp_path):
    """Also where a file is full and the next one begins."""
    imports = "sys.path[:0] = ['tests/python']\nimport flex_insights.twilio.store as store\nfrom fetch_support import fetch"
    work = "store.LARGEST_FILE = 3000\nfetch(int(others[0]), pathlib.Path(data))"
    times = [NOW - timedelta(minutes=9 * n) for n in range(30)]
    events = [(time, event_text(n, time)) for n, time in enumerate(times)]
    with FakeTwilio(events) as twilio:
        start = fetched_before(tmp_path / "start", NOW - timedelta(hours=5))
        twilio.now = NOW - timedelta(hours=2)
        fetch(twilio.port, start)
        twilio.now = NOW
        moments = int(run_until(0, imports, work, copied(start, tmp_path / "0"), str(twilio.port)).stdout)
        assert moments > 12 and inbox_sids(tmp_path / "0") == twilio.sids
        assert len(inbox_files(tmp_path / "0")) > 2
        for moment in range(1, moments + 1, 2):
            data = copied(start, tmp_path / str(moment))
            assert run_until(moment, imports, work, data, str(twilio.port)).returncode == -signal.SIGKILL
            assert set(inbox_sids(data)) <= set(twilio.sids)
            fetch(twilio.port, data)
            assert inbox_sids(data) == twilio.sids, moment


def copied(folder, target):
    subprocess.run(["cp", "-r", folder, target], check=True)
    return target


def test_a_full_disk_loses_nothing(data):
    script = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n" + CHILD.format(
        tests=str(PROJECT / "tests" / "python")
    )
    with FakeTwilio(recent_events(300)) as twilio:
        child = [sys.executable, "-c", script, str(twilio.port), str(data)]
        done = subprocess.run(child, cwd=PROJECT, capture_output=True, text=True)
        assert "File too large" in done.stderr
        assert 0 < len(inbox_lines(data)) < 300
        fetch(twilio.port, data)
        assert inbox_sids(data) == twilio.sids


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("401", "does not accept the credentials"),
        ("403", "may not read TaskRouter"),
        ("404", "knows no /v1/Workspaces/"),
        ("400", "status 400"),
        ("307", "status 307"),
    ],
)
def test_refusals_stop_at_once_with_a_sentence_without_secrets(data, kind, words):
    with FakeTwilio(recent_events(10)) as twilio:
        twilio.forced = [kind]
        with pytest.raises(TwilioError, match=words) as stopped:
            fetch(twilio.port, data)
        assert len(twilio.requests) == 1
    assert API_SECRET not in str(stopped.value) and "\n" not in str(stopped.value)


@pytest.mark.parametrize("kind", ["429", "503", "no JSON", "body cut off"])
def test_what_lasts_is_said_in_a_sentence(tmp_path, kind):
    with FakeTwilio(failures=1, kinds=[kind]) as twilio, stamina.set_testing(True, attempts=ATTEMPTS):
        with pytest.raises(TwilioError, match="no usable answer in 12 tries"):
            workspaces_of(api_of(twilio.port))
        assert len(twilio.requests) == ATTEMPTS


def test_an_address_where_nobody_answers_is_said_in_a_sentence(tmp_path):
    with FakeTwilio() as twilio:
        port = twilio.port
    with pytest.raises(TwilioError, match="cannot be reached at taskrouter.dublin.ie1.twilio.com"):
        fetch(port, tmp_path, region="ie1", edge="dublin")


def test_waits_as_long_as_twilio_asks_for():
    waits = []

    def remember(details):
        waits.append(details.caused_by)

    stamina.instrumentation.set_on_retry_hooks([remember])
    try:
        with FakeTwilio() as twilio:
            twilio.forced = ["429 with seconds", "429 with a time", "429", "503"]
            workspaces_of(api_of(twilio.port))
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
    assert [error.retry_after for error in waits] == [7, 9, None, None]
    assert [_wait_before_next_try(error) // 1 for error in waits[:2]] == [7, 9]
    assert _wait_before_next_try(waits[3]) is True
    assert _wait_before_next_try(Unusable("", 0.0)) < 1
    assert _wait_before_next_try(ValueError()) is False


def test_links_are_followed_on_the_host_of_the_account_only(data):
    with FakeTwilio(recent_events(300), page_cap=5) as twilio:
        api = api_of(twilio.port, region="ie1", edge="dublin")
        assert "elsewhere.example" in twilio.page("/", {"StartDate": "2024-01-01T00:00:00Z", "EndDate": "2025-01-01T00:00:00Z"})
        found = paged(api, WORKSPACE, NOW - REACH, NOW, 1000)
        assert len(found) == 300
        assert set(api._client.http_client.hosts) == {"taskrouter.dublin.ie1.twilio.com"}


def test_more_events_in_a_second_than_twilio_gives_stop_with_a_sentence(data):
    early, burst = NOW - timedelta(hours=5), NOW - timedelta(hours=2)
    events = [(early, event_text(1, early))] + [(burst, event_text(n, burst)) for n in range(2, 60)]
    with FakeTwilio(events, page_cap=50, has_links=False) as twilio:
        with pytest.raises(TwilioError, match="2024-03-31T09:59:59Z|2024-03-31T10:00:00Z"):
            fetch(twilio.port, data)
        assert inbox_sids(data) == [json.loads(events[0][1])["sid"]]
        twilio.has_links = True
        fetch(twilio.port, data)
        assert inbox_sids(data) == twilio.sids


def test_a_second_with_more_events_than_a_small_page_holds(data):
    burst = NOW - timedelta(hours=2)
    events = [(burst, event_text(n, burst)) for n in range(400)]
    with FakeTwilio(events, has_links=False, failures=0.3, kinds=["500"]) as twilio:
        fetch(twilio.port, data)
        assert inbox_sids(data) == twilio.sids


def test_a_watermark_of_long_ago_leaves_a_gap_that_is_said_and_kept(data):
    warnings = []
    with FakeTwilio(recent_events(50)) as twilio:
        fetch(twilio.port, data, warn=warnings.append)
        assert not warnings
        twilio.now = NOW + timedelta(days=40)
        late = twilio.now - timedelta(minutes=1)
        twilio.events = [(late, event_text(99, late)), *twilio.events]
        assert fetch(twilio.port, data, warn=warnings.append).events == 1
        fetch(twilio.port, data, warn=warnings.append)
    (warning,) = warnings
    assert "from 2024-03-31T12:00:00Z to 2024-04-10T12:05:00Z" in warning
    state = json.loads((data / "inbox" / ACCOUNT / WORKSPACE / ".fetch.json").read_text())
    assert state["gaps"] == [{"from": "2024-03-31T12:00:00+00:00", "to": "2024-04-10T12:05:00+00:00"}]


def test_files_are_readable_for_their_owner_only_and_hidden_until_complete(data):
    seen = []
    with FakeTwilio(recent_events(100), on_request=lambda _: seen.append(inbox_files(data))) as twilio:
        fetch(twilio.port, data)
    assert not any(seen)
    files = [path for path in (data / "inbox").rglob("*") if path.is_file()]
    assert len(inbox_files(data)) == 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_two_at_once_stop_with_a_sentence(data):
    nested = []

    def second(_):
        if not nested:
            nested.append(None)
            with pytest.raises(TwilioError, match="Another fetch works in") as stopped:
                fetch(twilio.port, data)
            nested[0] = stopped

    with FakeTwilio(recent_events(5), on_request=second) as twilio:
        fetch(twilio.port, data)
    assert nested[0]


def test_all_workspaces_of_the_account_unless_named():
    with FakeTwilio() as twilio:
        twilio.workspaces = [WORKSPACE, "WS" + "4" * 32, "nonsense"]
        assert workspaces_of(api_of(twilio.port)) == twilio.workspaces[:2]
        assert workspaces_of(api_of(twilio.port, workspaces=("WS" + "5" * 32,))) == ["WS" + "5" * 32]
        twilio.workspaces = []
        with pytest.raises(TwilioError, match="has no workspace"):
            workspaces_of(api_of(twilio.port))


def test_nothing_of_a_hipaa_account_reaches_the_disk(data):
    with FakeTwilio(recent_events(60)) as twilio:
        fetched = fetch(twilio.port, data, hipaa_accounts=[ACCOUNT])
        assert inbox_sids(data) == twilio.sids
    assert (fetched.events, fetched.withheld) == (60, 0)
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert b"4155550100" not in everything and b"description" not in everything


def test_credentials_are_in_no_file_and_no_text(data):
    account = api_of(1).account
    assert API_SECRET not in repr(account) and account.username not in repr(account)
    with FakeTwilio(recent_events(60), failures=0.35) as twilio:
        fetch(twilio.port, data)
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert API_SECRET.encode() not in everything and account.username.encode() not in everything


def test_progress_says_where_it_is(data):
    lines = []
    with FakeTwilio(recent_events(100)) as twilio:
        fetch(twilio.port, data, progress=lines.append)
    assert lines[-1].startswith(f"Fetching {ACCOUNT} {WORKSPACE}: up to 2024-03-31 12:00, 100 events, about 0 s left")
    assert len(lines) == 49


def test_all_accounts_are_fetched_even_if_one_cannot_be(data, capsys):
    accounts = [
        Account(OTHER_ACCOUNT, API_KEY, "wrong"),
        Account(ACCOUNT, API_KEY, API_SECRET, (WORKSPACE, "WS" + "5" * 32)),
    ]
    shown = io.StringIO()
    shown.isatty = lambda: True
    with FakeTwilio(recent_events(30)) as twilio:
        twilio.forced = [None, "503", "429"]
        with pytest.raises(TwilioError) as stopped:
            fetch_all(accounts, data, (), Progress(shown), lambda account: Api(account, LocalHttpClient(twilio.port)))
    first, second = str(stopped.value).splitlines()
    assert f"does not accept the credentials of {OTHER_ACCOUNT}" in first
    assert f"knows no /v1/Workspaces/{'WS' + '5' * 32}" in second
    assert len(inbox_lines(data)) == 30
    printed = capsys.readouterr()
    assert printed.out == f"{ACCOUNT} {WORKSPACE}: 30 new events, up to 2024-03-31T12:00:00Z\n"
    assert "(status 503): trying again in 0 s" in shown.getvalue()
    assert not any(API_SECRET in text for text in (printed.out, printed.err, shown.getvalue(), str(stopped.value)))
