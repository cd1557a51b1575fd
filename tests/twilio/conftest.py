"""Prism between our client and the fake Twilio, with Twilio's own description of its API."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "python"))

PRISM = HERE / "node_modules" / ".bin" / "prism"
DESCRIPTIONS = Path(os.environ.get("TWILIO_OPENAPI") or PROJECT.parent / "shared" / "twilio-oai")
TASKROUTER = DESCRIPTIONS / "twilio_taskrouter_v1.json"


@pytest.fixture(scope="session")
def prism(tmp_path_factory):
    """Prism's port, and the one where it expects the server."""
    if not TASKROUTER.exists():
        pytest.skip(
            f"{TASKROUTER} is not there: set TWILIO_OPENAPI to the folder spec/json of Twilio's public repository twilio-oai"
        )
    if not PRISM.exists() or not shutil.which("node"):
        pytest.skip("Prism is not installed: run make test-twilio, which needs node and npm")
    port, upstream = _free_port(), _free_port()
    command = [PRISM, "proxy", TASKROUTER, f"http://127.0.0.1:{upstream}", "-h", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("prism") / "log"
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    while process.poll() is None and not _listens(port):
        time.sleep(0.1)
    assert process.poll() is None, log.read_text()
    yield port, upstream
    process.terminate()
    process.wait()


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class Violations:
    """What Prism finds wrong, of all answers that a client sees."""

    def __init__(self):
        self.answers, self.found = 0, []

    def __call__(self, response, *_, **__):
        self.answers += 1
        if text := response.headers.get("sl-violations"):
            self.found += [(response.request.url, violation) for violation in json.loads(text)]


@pytest.fixture
def violations():
    return Violations()
