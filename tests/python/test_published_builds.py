"""Three builds, one after the other, on what is published: kept up to date, never mixed, never
taken from a reader."""

import json
import subprocess
import sys

import duckdb
import pytest
from conftest import PROJECT
from published_support import Reader, assert_published_are_the_marts, contents

pytestmark = pytest.mark.long
LOADS = 3
TEXTS = """
    select distinct unnest([full_name, worker_sid, email]) from marts.dim_agents where account_sid = $1
    union select distinct unnest([customer_id, name, phone, email]) from marts.dim_customers
        where account_sid = $1
    union select distinct unnest([task_queue_sid, workspace_sid, task_sid, reservation_sid])
        from marts.fct_segments where account_sid = $1
"""


def write_loads(folder):
    """Events of two accounts in three loads by time; every ninth event comes a load late."""
    command = [sys.executable, "-m", "workshop.simulate_events", "--out", str(folder / "all")]
    options = ["--days", "2", "--tasks-per-day", "120", "--accounts", "2", "--form", "rest"]
    subprocess.run([*command, *options, "--odd", "0.02"], cwd=PROJECT, check=True, capture_output=True)
    lines = [line for file in (folder / "all").glob("*.jsonl") for line in file.read_text().splitlines()]
    lines.sort(key=lambda line: json.loads(line).get("event_date_ms") or "")
    for load in range(LOADS):
        (folder / f"{load + 1}").mkdir()
    for number, line in enumerate(lines):
        load = min(number * LOADS // len(lines) + (number % 9 == 0), LOADS - 1)
        with open(folder / f"{load + 1}" / "events.jsonl", "a") as file:
            file.write(line + "\n")


@pytest.fixture(scope="module")
def history(build, tmp_path_factory):
    """After each of three builds: the account's reader from before, and what is published then."""
    folder = tmp_path_factory.mktemp("builds")
    write_loads(folder)
    data, steps, readers = folder / "data", [], []
    for load in range(1, LOADS + 1):
        done = build(EVENTS=folder / str(load), DATA=data)
        assert done.returncode == 0, done.stderr
        manifest = json.loads((data / "published" / "manifest.json").read_text())
        path = data / "published" / sorted(manifest["accounts"].values(), key=str)[0]["file"]
        readers.append(Reader(path))
        steps.append({"manifest": manifest, "answers": [reader.ask() for reader in readers]})
    for reader in readers:
        reader.close()
    return data, steps


def test_a_file_that_was_kept_up_to_date_is_what_the_marts_are(history):
    data, steps = history
    for step in steps[1:]:
        # else nothing was replaced, and this would prove nothing
        assert all(entry["dead_rows"] for entry in step["manifest"]["accounts"].values())
    assert_published_are_the_marts(data)


def test_readers_go_on_with_their_file_and_new_ones_see_the_new(history):
    _, steps = history
    for number in range(LOADS):
        answers = [step["answers"][number] for step in steps[number:]]
        assert answers[0] and all(answer == answers[0] for answer in answers)
    newest = [step["answers"][-1] for step in steps]
    assert len({str(answer) for answer in newest}) == LOADS


def test_no_file_holds_a_byte_of_another_account(history):
    data, steps = history
    accounts = steps[-1]["manifest"]["accounts"]
    said, events = {}, {}
    with duckdb.connect(str(data / "flex_insights.duckdb"), read_only=True) as connection:
        for account in accounts:
            texts = connection.execute(TEXTS, [account]).fetchall()
            said[account] = {text for (text,) in texts if text}
            raw = f"read_parquet('{data}/raw/account_sid={account}/*.parquet')"
            own = connection.execute(f"select event from {raw}").fetchall()
            events[account] = "".join(event for (event,) in own).replace("\\", "")
    for account, entry in accounts.items():
        everything = contents(data / "published" / entry["file"])
        assert account in everything
        for other in set(accounts) - {account}:
            # simulated people of two accounts can have one name
            foreign = [text for text in said[other] if escaped(text) not in events[account]]
            assert len(foreign) > 30 and other not in everything
            assert [text for text in foreign if text in everything] == []


def escaped(text):
    """As it stands in JSON within JSON, once the backslashes are gone."""
    return json.dumps(text)[1:-1].replace("\\", "")
