"""Events in every shape, all in one load, give the same rows of the marts: those of a plain task."""

from pathlib import Path

import duckdb
import pytest
from byte_search import files_that_hold
from shapes import SECRET, SHAPES, account, files_of

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
ROWS = """
    select account_sid, kind, visit_outcome, queue_time, talk_time, wrap_up_time
    from marts.fct_segments where account_sid in (select unnest($1::varchar[])) order by account_sid, kind
"""
PLAIN_TASK = [("Conversation", None, 25, 120, 30), ("Queue", "Answered", 25, None, None)]
TWO_EVENTS = [("Conversation", None, 0, 120, 0), ("Queue", "Answered", 0, None, None)]
# of the cases that the project is given: digit of the account, rows
GIVEN = {
    **dict.fromkeys(("02", "03", "05", "06", "08", "09"), PLAIN_TASK),
    **dict.fromkeys(("00", "11", "22", "33", "55", "66"), TWO_EVENTS),
    # a file of two events and one of the first five share this account
    "44": sorted([*TWO_EVENTS, ("Conversation in Progress", None, 25, None, None), PLAIN_TASK[1]]),
}


def write_shapes(folder, secret=""):
    for number, name in enumerate(SHAPES, 1):
        for file, content in files_of(name, number, secret).items():
            path = folder / str(number) / file
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
    return folder


def rows_of(data, accounts):
    """Account → its rows, without the account."""
    with duckdb.connect(str(data / "flex_insights.duckdb"), read_only=True) as connection:
        rows = connection.execute(ROWS, [accounts]).fetchall()
    return {holder: [row[1:] for row in rows if row[0] == holder] for holder in accounts}


def test_every_shape_gives_the_rows_of_a_plain_task(build, tmp_path):
    events = [str(write_shapes(tmp_path / "events"))]
    if CASES.exists():
        events += [str(path) for path in sorted(CASES.iterdir()) if path.name != "README.md"]
    done = build(EVENTS=":".join(events), DATA=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    accounts = {account(number): name for number, name in enumerate(SHAPES, 1)}
    found = rows_of(tmp_path / "data", list(accounts))
    wrong = {accounts[holder]: rows for holder, rows in found.items() if rows != PLAIN_TASK}
    assert wrong == {}
    if CASES.exists():
        # Files of account 44 name one reservation on several tasks, so in one load they contradict each other.
        given = {f"AC{digits * 16}": rows for digits, rows in GIVEN.items() if digits != "44"}
        assert rows_of(tmp_path / "data", list(given)) == given
    with duckdb.connect(str(tmp_path / "data" / "flex_insights.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.audit_rejects").fetchone() == (0,)


@pytest.mark.long
def test_under_hipaa_too_and_without_a_secret(build, tmp_path):
    events = write_shapes(tmp_path / "events", SECRET)
    done = build(EVENTS=events, DATA=tmp_path / "data", HIPAA_ACCOUNTS="all")
    assert done.returncode == 0, done.stderr
    accounts = [account(number) for number in range(1, len(SHAPES) + 1)]
    found = rows_of(tmp_path / "data", accounts)
    assert {holder: rows for holder, rows in found.items() if rows != PLAIN_TASK} == {}
    assert files_that_hold(tmp_path / "data", [SECRET]) == []
