"""Whose rows a failed data test found: account, task or agent, and conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from flex_insights.database import connect
from flex_insights.settings import Settings
from flex_insights.sql_text import quoted

# Columns of a test's rows that lead to a task or an agent, the most exact first, and where they lead.
SEGMENTS = "select account_sid, task_sid, worker_sid, conversation_id from marts.fct_segments"
SLICES = "(select segment_key from marts.fct_workload where workload_key = $1)"
WAYS = {
    "segment_key": f"{SEGMENTS} where segment_key = $1",
    "workload_key": f"{SEGMENTS} where segment_key in {SLICES}",
    "answered_by_segment_key": f"{SEGMENTS} where answered_by_segment_key = $1",
    "transferred_from_segment_key": f"{SEGMENTS} where transferred_from_segment_key = $1",
    "conversation_key": """
        select account_sid, task_sid, null, conversation_id
        from intermediate.int_task_conversations where conversation_key = $1
    """,
    "agent_key": "select account_sid, null, worker_sid, null from marts.dim_agents where agent_key = $1",
    "customer_key": f"{SEGMENTS} where customer_key = $1",
}


@dataclass(frozen=True)
class Key:
    """What a failing row belongs to; `sid` is a task's, or a worker's where no task is concerned."""

    account_sid: str
    sid: str
    conversation_id: str | None = None

    def __str__(self) -> str:
        if self.conversation_id is None:
            return f"account {self.account_sid}, agent {self.sid}"
        return f"account {self.account_sid}, task {self.sid}, conversation {self.conversation_id}"


def failing_keys(settings: Settings, query: str, limit: int) -> list[Key]:
    """The first keys, each once, of the rows that a test's compiled SQL gives.

    Empty where the rows are of no task and no agent, or cannot be read: what is told of a failed test
    must not depend on it.
    """
    keys: dict[Key, None] = {}
    try:
        with connect(settings.data, settings.database) as connection:
            for row in _rows(connection.cursor(), query):
                if key := _key(connection, row):
                    keys[key] = None
                if len(keys) == limit:
                    break
    except duckdb.Error:
        pass
    return list(keys)


def _rows(cursor: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    cursor.execute(query)
    columns = [column[0] for column in cursor.description]
    while values := cursor.fetchone():
        yield dict(zip(columns, values))


def _key(connection: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Key | None:
    if row.get("account_sid") and (row.get("task_sid") or row.get("worker_sid")):
        return _made(*map(row.get, ("account_sid", "task_sid", "worker_sid", "conversation_id")))
    ways = [(row.get(column), query) for column, query in WAYS.items()]
    if "missing_key" in row:  # as keys_exist has it: of a column whose table does not have it
        ways.append((row["missing_key"], f"{SEGMENTS} where {quoted(row['key_column'])} = $1"))
    for value, query in ways:
        found = value and connection.execute(f"{query} order by all limit 1", [value]).fetchone()
        if found:
            return _made(*found)
    return None


def _made(account: str, task: str | None, worker: str | None, conversation: str | None) -> Key:
    return Key(account, task, conversation or task) if task else Key(account, worker)
