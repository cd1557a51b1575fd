"""Erasure needs no green test: what has to go is gone and withdrawn though the build after it fails."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from byte_search import files_that_hold
from conftest import PROJECT, SETTINGS
from loading_support import lines
from privacy_support import DAY, START, Centre

ONE, OTHER = "AC" + "e" * 32, "AC" + "f" * 32
PHONE, NAME, CONTENT, ELSE = "+14155550123", "Ada Lovelace", "her-secret", "Somebody Else"
GONE = (PHONE, PHONE[1:], NAME, CONTENT)
PARTS = ("scripts", "models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml")
RUN = "import sys; from flex_insights.cli import main; sys.exit(main())"
# Everything but the landing zone hangs on what is tested here.
RED = "select account_sid from {{ ref('int_event_copies') }}\n"


def events():
    centre = Centre()
    hers = {"from": PHONE, "customerName": NAME, "conversations": {"content": CONTENT}}
    yield from centre.call("rest", ONE, "hers", hers)
    yield from centre.call("webhook", ONE, "other", {"from": "+14155550199", "customerName": ELSE}, START + 3 * DAY)
    yield from centre.call("rest", OTHER, "elsewhere", {"from": "+14155550188"}, START + 3 * DAY)


class Project:
    """A copy of the project, so that a test of its own can be red in it."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            target = folder / part
            copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
            copy(PROJECT / part, target)

    def turn_red(self):
        (self.folder / "tests" / "data" / "always_red.sql").write_text(RED)

    def turn_green(self):
        (self.folder / "tests" / "data" / "always_red.sql").unlink()

    def run(self, *command, **settings):
        environment = {name: text for name, text in os.environ.items() if name not in SETTINGS}
        environment |= {"PYTHONPATH": str(self.folder / "scripts")}
        environment |= {name: str(value) for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-c", RUN, *command],
            cwd=self.folder, env=environment, capture_output=True, text=True,
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def built(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("red")
    (folder / "events.jsonl").write_bytes(lines(*events(), f'{{"cut": "{PHONE} {NAME}'))
    done = project.run("build", EVENTS=folder / "events.jsonl", DATA=folder / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    # what programs leave beside the database and the published files
    for name in ("flex_insights.duckdb.wal", f"published/.{ONE}.duckdb.tmp", "spark/warehouse/marts.db/x"):
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{PHONE} {NAME} {CONTENT}" if "wal" not in name else "")
    assert {text for _, text in files_that_hold(folder / "data", GONE)} == set(GONE)
    project.turn_red()
    return folder


# Settings, what is said, and what is gone: contents are on the allow-list, rejected lines go by the
# time they were loaded.
ACTIONS = {
    "redact": ({"ACCOUNT": ONE}, "14 events filtered", (PHONE, PHONE[1:], NAME)),
    "forget": ({"CUSTOMER": PHONE}, "1 tasks erased", GONE),
    "expire": ({"BEFORE": "2026-01-03"}, "7 events removed", (CONTENT,)),
}
HARD = pytest.mark.long


@pytest.mark.parametrize(
    "action", ["forget", pytest.param("redact", marks=HARD), pytest.param("expire", marks=HARD)]
)
def test_what_has_to_go_is_gone_though_a_data_test_is_red(project, built, tmp_path, action):
    data = tmp_path / "data"
    shutil.copytree(built / "data", data, copy_function=shutil.copy2)
    settings, words, gone = ACTIONS[action]
    # a build that fails half way leaves tables that are not up to date
    red = project.run("build", EVENTS=built / "events.jsonl", DATA=data)
    assert red.returncode == 1 and "always_red" in red.stderr
    kept = (data / "published" / f"{OTHER}.duckdb").read_bytes()

    done = project.run(action, DATA=data, **settings)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    said = done.stderr.strip().splitlines()[-1]
    assert "always_red" in done.stderr and said.startswith("What had to go is gone")
    assert "flex-insights build" in said and "withdrawn" in said and f"{ONE}.duckdb" in said
    assert words in said
    assert files_that_hold(data, gone) == []
    assert not (data / "published" / f"{ONE}.duckdb").exists()
    if action != "expire":  # what ends before the date may be anybody's
        assert (data / "published" / f"{OTHER}.duckdb").read_bytes() == kept
        manifest = json.loads((data / "published" / "manifest.json").read_text())
        assert set(manifest["accounts"]) == {OTHER}

    project.turn_green()
    done = project.run("build", EVENTS=built / "events.jsonl", DATA=data)
    project.turn_red()
    assert done.returncode == 0, done.stderr
    assert (data / "published" / f"{ONE}.duckdb").exists()
    assert files_that_hold(data / "published", gone) == []
    assert bool(files_that_hold(data / "published", [ELSE])) == (action != "redact")
