"""`receive`: only what Twilio has signed, for the account that it is for, and on the disk when it says so."""

import errno
import json
import os
from datetime import datetime, timedelta, timezone

import pytest
from receive_support import (
    ACCOUNT,
    FORM,
    NEXT_TOKEN,
    OTHER,
    OTHER_TOKEN,
    PATH,
    PUBLIC_URL,
    SETTINGS,
    SHARED_KEY,
    SUBACCOUNT,
    TOKEN,
    client,
    form_request,
    inbox_events,
    json_request,
    post,
    stream,
    webhook,
)

from flex_insights.twilio import group_commit
from flex_insights.twilio.group_commit import GroupCommit
from flex_insights.inbox import LineFile, inbox_files, remove_landed
from flex_insights.loading.commit import commit
from flex_insights.privacy.register import Register

BLANK = webhook(1, TaskQueueName="", WorkerName="")
SPECIAL = webhook(2, TaskAttributes='{"name":"Zoë & Co + 100% ✓","n":"a=b"}')
STREAM = [stream(1), stream(2)]


def changed(request, target=lambda t: t, body=lambda b: b, **headers):
    path, text, sent = request
    kept = {name: value for name, value in (sent | headers).items() if value is not None}
    return target(path), body(text), kept


def with_header(request, name, value):
    return changed(request, **{name: value})


SIGNATURE, SETTINGS_HEADER = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"
CASES = {
    # name: (request, status, number of events written)
    "a callback": (form_request(webhook(1)), 200, 1),
    "a callback with blank values": (form_request(BLANK), 200, 1),
    "a callback with special characters": (form_request(SPECIAL), 200, 1),
    "a callback with the next token": (form_request(webhook(1), NEXT_TOKEN), 200, 1),
    "a callback to the address with a port": (form_request(webhook(1), url=PUBLIC_URL + ":443"), 200, 1),
    "a callback with a query": (form_request(webhook(1), path=PATH + "?from=callback&x="), 200, 1),
    "a callback signed with the shared key": (
        with_header(form_request(webhook(1), SHARED_KEY, algorithm="HMAC_SHA256"), SETTINGS_HEADER, SETTINGS), 200, 1,
    ),
    "a batch of events": (json_request(STREAM), 200, 2),
    "a batch with the next token": (json_request(STREAM, NEXT_TOKEN), 200, 2),
    "a batch signed with the shared key": (
        with_header(json_request(STREAM, SHARED_KEY, algorithm="HMAC_SHA256"), SETTINGS_HEADER, SETTINGS), 200, 2,
    ),
    "a batch with a charset": (
        with_header(json_request(STREAM), "Content-Type", "application/json; charset=utf-8"), 200, 2,
    ),
    "a batch of CloudEvents by its media type": (
        with_header(json_request(STREAM), "Content-Type", "application/cloudevents-batch+json"), 200, 2,
    ),
    "a batch with a subaccount's event": (json_request([stream(1), stream(2, account_sid=SUBACCOUNT)]), 200, 2),
    "an empty batch": (json_request([]), 200, 0),
    "spoofed forwarding headers beside a good signature": (
        changed(form_request(webhook(1)), **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}), 200, 1,
    ),
    "the other account's callback": (
        form_request(webhook(1, AccountSid=OTHER), OTHER_TOKEN, path=f"/taskrouter/{OTHER}"), 200, 1,
    ),
    "no signature": (with_header(form_request(webhook(1)), SIGNATURE, None), 403, 0),
    "an empty signature": (with_header(form_request(webhook(1)), SIGNATURE, ""), 403, 0),
    "a batch without a signature": (with_header(json_request(STREAM), SIGNATURE, None), 403, 0),
    "a wrong token": (form_request(webhook(1), "0" * 32), 403, 0),
    "the other account's token": (form_request(webhook(1), OTHER_TOKEN), 403, 0),
    "the other account's token for a batch": (json_request(STREAM, OTHER_TOKEN), 403, 0),
    "the auth token where the shared key is named": (
        with_header(form_request(webhook(1), algorithm="HMAC_SHA256"), SETTINGS_HEADER, SETTINGS), 403, 0,
    ),
    "the shared key where none is named": (form_request(webhook(1), SHARED_KEY), 403, 0),
    "SHA-256 with the auth token, no shared key named": (form_request(webhook(1), algorithm="HMAC_SHA256"), 403, 0),
    "an algorithm that nobody knows": (
        with_header(form_request(webhook(1), SHARED_KEY), SETTINGS_HEADER, "key=k,algorithm=NONE"), 403, 0,
    ),
    "a shared key of an account that has none": (
        with_header(
            form_request(webhook(1, AccountSid=OTHER), SHARED_KEY, path=f"/taskrouter/{OTHER}", algorithm="HMAC_SHA256"),
            SETTINGS_HEADER, SETTINGS,
        ), 403, 0,
    ),
    "a changed value": (changed(form_request(webhook(1)), body=lambda b: b.replace("task.created", "task.deleted")), 403, 0),
    "an added value": (changed(form_request(webhook(1)), body=lambda b: b + "&Reason=fraud"), 403, 0),
    "a blank value dropped": (changed(form_request(BLANK), body=lambda b: b.replace("&WorkerName=", "")), 403, 0),
    "a changed batch": (changed(json_request(STREAM), body=lambda b: b.replace("worker", "walker")), 403, 0),
    "a batch with a blank added": (changed(json_request(STREAM), body=lambda b: b + " "), 403, 0),
    "another batch with its own hash": ((*json_request([stream(9)])[:2], json_request(STREAM)[2]), 403, 0),
    "a batch without its hash": (changed(json_request(STREAM), target=lambda t: PATH), 403, 0),
    "a batch with an empty hash": (changed(json_request(STREAM), target=lambda t: PATH + "?bodySHA256="), 403, 0),
    "a batch signed without a hash": (
        (PATH, json.dumps(STREAM), with_header(form_request({}), "Content-Type", "application/json")[2]), 403, 0,
    ),
    "a batch replayed as a form": (with_header(json_request(STREAM), "Content-Type", FORM), 403, 0),
    "an empty form with a batch's signature": (
        changed(json_request(STREAM), body=lambda b: "", **{"Content-Type": FORM}), 400, 0,
    ),
    "a callback replayed as a batch": (with_header(form_request(webhook(1)), "Content-Type", "application/json"), 403, 0),
    "a callback replayed to the other account": (
        changed(form_request(webhook(1)), target=lambda t: f"/taskrouter/{OTHER}"), 403, 0,
    ),
    "a callback replayed with another query": (changed(form_request(webhook(1)), target=lambda t: t + "?x=1"), 403, 0),
    "signed for the address that a header claims": (
        changed(form_request(webhook(1), url="https://evil.example"), **{"X-Forwarded-Host": "evil.example", "Host": "evil.example"}),
        403, 0,
    ),
    "signed for the address that the server listens at": (form_request(webhook(1), url="http://127.0.0.1:8080"), 403, 0),
    "an account that is not configured": (
        form_request(webhook(1, AccountSid=SUBACCOUNT), path=f"/taskrouter/{SUBACCOUNT}"), 403, 0,
    ),
    "a signed callback of another account": (form_request(webhook(1, AccountSid=OTHER)), 403, 0),
    "a signed batch with another account's event": (json_request([stream(1), stream(2, account_sid=OTHER)]), 403, 0),
    "a signed batch that is no JSON": (json_request("[{"), 400, 0),
    "a signed batch of numbers": (json_request("[1, 2]"), 400, 0),
    "a body that is no text": (changed(json_request(STREAM), body=lambda b: b"\xff" + b.encode()), 403, 0),
    "a form of thousands of values": (changed(form_request(webhook(1)), body=lambda b: b + "&a=1" * 5000), 403, 0),
}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    data = tmp_path_factory.mktemp("received")
    with client(data) as running:
        yield running, data


@pytest.mark.parametrize("name", CASES)
def test_only_what_twilio_has_signed_is_written(receiver, name):
    running, data = receiver
    request, status, events = CASES[name]
    before, refused = len(inbox_events(data)), running.get("/health").json()["refused_requests"]
    assert post(running, *request).status_code == status
    assert len(inbox_events(data)) - before == events
    health = running.get("/health").json()
    assert health["refused_requests"] - refused == (status != 200)
    assert health["events"] == len(inbox_events(data))


def test_events_land_as_they_were_sent(tmp_path):
    text = '[{"specversion" : "1.0", "data": {"payload": {"eventtype": "task.created",\n"account_sid": "%s", "n": 1.50}}}]' % ACCOUNT
    with client(tmp_path) as running:
        assert post(running, *form_request(SPECIAL)).status_code == 200
        assert post(running, *form_request(BLANK)).status_code == 200
        assert post(running, *json_request(text)).status_code == 200
    lines = [line for path in inbox_files(tmp_path) for line in path.read_text("utf-8").splitlines()]
    assert json.loads(lines[0]) == SPECIAL and json.loads(lines[1]) == BLANK
    assert text[1:-1].replace("\n", " ") in lines


def test_events_of_a_workspace_are_in_its_folder_for_their_owner_only(tmp_path):
    with client(tmp_path) as running:
        post(running, *json_request([stream(1), stream(2, workspace_sid="../../../etc"), stream(3, account_sid=SUBACCOUNT)]))
    inbox = tmp_path / "inbox"
    folders = {str(path.parent.relative_to(inbox)) for path in inbox_files(tmp_path)}
    workspace = "WS" + "2" * 32
    assert folders == {f"{ACCOUNT}/{workspace}", f"{ACCOUNT}/unknown", f"{SUBACCOUNT}/{workspace}"}
    assert {path.stat().st_mode & 0o777 for path in inbox_files(tmp_path)} == {0o600}


@pytest.mark.parametrize("data", [{"test_id": "cae2f9e2-c277"}, '{"test_id": "cae2f9e2-c277"}'])
def test_the_test_event_of_a_sink_is_answered_and_logged(tmp_path, caplog, data):
    event = {"specversion": "1.0", "type": "com.twilio.eventstreams.test-event", "source": "Sink", "id": ACCOUNT, "data": data}
    with client(tmp_path) as running, caplog.at_level("INFO"):
        assert post(running, *json_request([event, stream(1)])).status_code == 200
        assert running.get("/health").json()["test_events"] == 1
    assert "test_id cae2f9e2-c277" in caplog.text
    assert len(inbox_events(tmp_path)) == 1


@pytest.mark.parametrize("announces", [True, False])
def test_bodies_over_the_limit_are_refused(tmp_path, announces):
    with client(tmp_path) as running:
        body = b'[{"data": "' + b"x" * (8 << 20) + b'"}]'
        content = body if announces else iter([body[: 1 << 20]] * 9)
        answer = running.post(PATH, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert post(running, *json_request([stream(1)])).status_code == 200


def test_other_methods_and_paths(tmp_path):
    with client(tmp_path) as running:
        assert running.get(PATH).status_code == 405
        assert running.post("/taskrouter/").status_code == 404
        assert running.get("/health").json()["status"] == "ok"


def test_a_full_disk_is_answered_with_503_and_recovers(tmp_path, monkeypatch):
    written = os.write
    room = [100]

    def write(handle, text):
        part = bytes(text[: room[0]])
        if not part:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= len(part)
        return written(handle, part)

    with client(tmp_path) as running:
        assert post(running, *form_request(webhook(1))).status_code == 200
        with monkeypatch.context() as full:
            full.setattr("flex_insights.inbox.os.write", write)
            for _ in range(2):
                assert post(running, *form_request(webhook(2))).status_code == 503
                health = running.get("/health")
                assert (health.status_code, health.json()["status"]) == (503, "failing")
                room[0] = 100
        assert post(running, *form_request(webhook(3))).status_code == 200
        assert running.get("/health").status_code == 200
    assert len(inbox_files(tmp_path)) == 2
    assert [event["Sid"] for event in inbox_events(tmp_path)] == [webhook(1)["Sid"], webhook(3)["Sid"]]


def test_any_other_error_is_answered_with_503_without_what_was_sent(tmp_path, monkeypatch, caplog):
    def fail(*_):
        raise ValueError("+14155550100")

    with client(tmp_path) as running, caplog.at_level("INFO"):
        with monkeypatch.context() as broken:
            broken.setattr("flex_insights.twilio.receive._form", fail)
            assert post(running, *form_request(webhook(1))).status_code == 503
        assert post(running, *form_request(webhook(1))).status_code == 200
    assert "ValueError" in caplog.text and "4155550100" not in caplog.text


def test_an_answer_waits_until_the_events_are_on_the_disk(tmp_path, monkeypatch):
    steps, synced = [], os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (steps.append("synced"), synced(handle)))
    original = LineFile._write
    monkeypatch.setattr(LineFile, "_write", lambda self, lines: (steps.append("written"), original(self, lines))[1])
    writer = GroupCommit(tmp_path)
    future = writer.submit({(ACCOUNT, "WS" + "2" * 32): b"{}\n"})
    future.add_done_callback(lambda _: steps.append("answered"))
    writer.stop()
    assert steps == ["written", "synced", "answered"]


def test_requests_that_wait_share_one_commit(tmp_path, monkeypatch):
    syncs = []
    synced = os.fdatasync

    def sync(handle):
        # While the first one is synced, all others are submitted.
        if not syncs:
            futures.extend(writer.submit({place: b"{}\n"}) for _ in range(50))
        syncs.append(handle)
        synced(handle)

    monkeypatch.setattr(os, "fdatasync", sync)
    place, futures = (ACCOUNT, "WS" + "2" * 32), []
    writer = GroupCommit(tmp_path)
    writer.submit({place: b"{}\n"}).result()
    writer.stop()
    assert len(futures) == 50 and all(future.result() is None for future in futures)
    assert len(syncs) == 2


def test_new_files_at_start_by_day_and_by_size(tmp_path, monkeypatch):
    monkeypatch.setattr(group_commit, "LARGEST_FILE", 100)
    now = [datetime(2024, 3, 31, 23, 59, tzinfo=timezone.utc)]
    place = (ACCOUNT, "WS" + "2" * 32)
    for _ in range(2):
        writer = GroupCommit(tmp_path, lambda: now[0])
        writer.submit({place: b"{}\n"}).result()
        writer.submit({place: b"{}\n"}).result()
        now[0] += timedelta(minutes=2)
        writer.submit({place: b"x" * 99 + b"\n"}).result()
        writer.submit({place: b"{}\n"}).result()
        writer.stop()
    assert sorted(len(path.read_bytes()) for path in inbox_files(tmp_path)) == [3, 3, 6, 100, 106]


def test_what_loads_take_away_meanwhile_is_there_once(tmp_path):
    """A load reads, and later removes what it has read; the writer never stops."""
    place, landed = (ACCOUNT, "WS" + "2" * 32), {}
    writer = GroupCommit(tmp_path)
    futures, removed = [], 0
    for number in range(300):
        futures.append(writer.submit({place: b"%d\n" % number}))
        if number % 20 == 0:
            futures[-1].result()  # now and then there is nothing under way
        if number % 5 == 0:
            landed |= {path: path.read_bytes() for path in inbox_files(tmp_path)}
        if number % 4 == 0:
            removed += remove_landed(tmp_path, lambda path: path.read_bytes() == landed.get(path))
    writer.stop()
    landed |= {path: path.read_bytes() for path in inbox_files(tmp_path)}
    assert all(future.exception() is None for future in futures)
    assert sorted(int(line) for content in landed.values() for line in content.split()) == list(range(300))
    assert removed >= 15


def test_more_than_memory_should_hold_is_answered_with_503(tmp_path, monkeypatch):
    monkeypatch.setattr(group_commit, "LARGEST_QUEUE", 10)
    with client(tmp_path) as running:
        assert post(running, *form_request(webhook(1))).status_code == 503
        monkeypatch.setattr(group_commit, "LARGEST_QUEUE", 10_000)
        assert post(running, *form_request(webhook(1))).status_code == 200


def test_nothing_of_a_hipaa_account_reaches_the_disk(tmp_path):
    private = {"task_attributes": '{"from": "+14155550100", "direction": "inbound"}', "eventtype": "task.created"}
    foreign = {"AccountSid": ACCOUNT, "EventType": "onMessageSend", "Body": "+14155550100"}
    with client(tmp_path, hipaa_accounts=frozenset([ACCOUNT])) as running:
        assert post(running, *json_request([stream(1, **private)])).status_code == 200
        assert post(running, *form_request(webhook(2, TaskAttributes=private["task_attributes"]))).status_code == 200
        assert post(running, *form_request(foreign)).status_code == 200
        assert running.get("/health").json()["withheld"] == 1
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"4155550100" not in everything and b"Irregular" not in everything
    assert len(inbox_events(tmp_path)) == 2 and b"inbound" in everything


def redact(data, accounts):
    """Writes the register as `flex-insights redact` does."""
    register = Register(data)
    register.redacted |= set(accounts)
    commit(data, [register.write()], [])


def test_an_account_that_is_redacted_meanwhile_is_protected_from_then_on(tmp_path):
    with client(tmp_path) as running:
        post(running, *form_request(webhook(1)))
        redact(tmp_path, [ACCOUNT])
        post(running, *form_request(webhook(2)))
    assert ["+15005550006" in json.dumps(event) for event in inbox_events(tmp_path)] == [True, False]


def test_refusals_are_logged_a_line_a_minute_without_what_was_sent(tmp_path, caplog):
    with client(tmp_path) as running, caplog.at_level("INFO"):
        for number in range(5):
            post(running, *form_request(webhook(1), "0" * 32))
            running.post(f"/taskrouter/AC%0Aforged-line-{number}", content=b"")
    texts = [record.getMessage() for record in caplog.records if record.name == "flex_insights.receive"]
    assert len(texts) == 2 and not any("forged" in text for text in texts)
    assert not any(secret in caplog.text for secret in (TOKEN, SHARED_KEY))
