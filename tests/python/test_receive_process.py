"""`flex-insights receive` as a process: killed, stopped, and what can be seen of it from outside."""

import http.client
import os
import random
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import SETTINGS
from receive_support import (
    ACCOUNT,
    PUBLIC_URL,
    SHARED_KEY,
    TOKEN,
    form_request,
    inbox_events,
    json_request,
    stream,
    webhook,
)

from workshop.command import FLEX_INSIGHTS


class Process:
    """A receiver that listens; `port` is where, `output` what it has said so far."""

    def __init__(self, data, environment):
        command = [FLEX_INSIGHTS, "receive", "--public-url", PUBLIC_URL, "--port", "0", "--data", str(data)]
        secrets = {"TWILIO_AUTH_TOKENS": f"{ACCOUNT}:{TOKEN}", "TWILIO_SHARED_KEYS": f"{ACCOUNT}:{SHARED_KEY}"}
        self.process = subprocess.Popen(command, env=environment | secrets, stderr=subprocess.PIPE, text=True)
        self.output = self.process.stderr.readline()
        self.port = int(re.search(r"port (\d+)", self.output)[1])
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        self.output += self.process.stderr.read()

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()
        self._reading.join()


@pytest.fixture
def receive(tmp_path):
    """receive() starts a receiver; a context."""
    environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}

    @contextmanager
    def receive():
        running = Process(tmp_path, environment)
        try:
            yield running
        finally:
            running.end(signal.SIGKILL)

    return receive


def send(port, request):
    """The status of the answer; None if there was none."""
    target, body, headers = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    except OSError:
        return None
    except http.client.HTTPException:
        return None
    finally:
        connection.close()


def test_what_was_acknowledged_survives_kills(tmp_path, receive):
    chance, number, acknowledged = random.Random(1), 0, set()
    for _ in range(3):
        with receive() as running:
            enough, kill_after = threading.Event(), len(acknowledged) + chance.randrange(20, 100)
            numbers = iter(range(number, number + 100_000))

            def client():
                while not enough.is_set():
                    mine = next(numbers)
                    if send(running.port, form_request(webhook(mine))) == 200:
                        acknowledged.add(mine)
                        if len(acknowledged) >= kill_after:
                            running.process.kill()
                            enough.set()

            clients = [threading.Thread(target=client) for _ in range(8)]
            for thread in clients:
                thread.start()
            for thread in clients:
                thread.join()
            number = next(numbers)
    assert len(acknowledged) > 60
    written = [int(event["Sid"][2:], 16) for event in inbox_events(tmp_path)]
    assert acknowledged <= set(written)
    assert len(set(written)) == len(written)


def test_stopped_it_answers_what_is_under_way(tmp_path, receive):
    with receive() as running:
        assert send(running.port, json_request([stream(1), stream(2)])) == 200
        running.end(signal.SIGTERM)
        assert running.process.returncode in (0, -signal.SIGTERM)
        assert "Traceback" not in running.output
    assert len(inbox_events(tmp_path)) == 2


def test_no_secret_is_seen_from_outside(tmp_path, receive):
    with receive() as running:
        assert send(running.port, form_request(webhook(1))) == 200
        assert send(running.port, form_request(webhook(1), "wrong")) == 403
        assert send(running.port, json_request([stream(1, account_sid="AC1")])) == 403
        shown = Path(f"/proc/{running.process.pid}/cmdline").read_text()
        running.end(signal.SIGTERM)
    texts = [shown, running.output, *(path.read_text() for path in tmp_path.rglob("*") if path.is_file())]
    assert "flex-insights" in shown and "Refused" in running.output
    assert not any(secret in text for text in texts for secret in (TOKEN, SHARED_KEY))
