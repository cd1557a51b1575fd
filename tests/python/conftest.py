"""Fixtures that run the whole project, as `make build` does."""

import os
import subprocess
from pathlib import Path

import pytest
from workshop.command import FLEX_INSIGHTS

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = ("EVENTS", "DATA", "HIPAA_ACCOUNTS", "REPORTING_TIME_ZONE")


@pytest.fixture(scope="session")
def build():
    """build(EVENTS=…, DATA=…, …) runs a build with these settings and no others; returns its
    CompletedProcess, with the output as text."""

    def run(**settings):
        environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
        environment |= {name: str(value) for name, value in settings.items()}
        return subprocess.run(
            [FLEX_INSIGHTS, "build"],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def sample_data(build, tmp_path_factory):
    """The data folder of a build of the shipped sample; for reading only. SAMPLE_DATA names one
    that is there already."""
    if ready := os.environ.get("SAMPLE_DATA"):
        return PROJECT / ready
    data = tmp_path_factory.mktemp("sample")
    done = build(EVENTS="sample/events", DATA=data)
    assert done.returncode == 0, done.stderr
    return data
