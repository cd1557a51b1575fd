"""The truth: what the marts must hold for a simulated story.

It follows from the story alone, never from the events, and shares no code with the models. Four
Parquet tables; VARCHAR unless stated otherwise; times are TIMESTAMP (UTC, ms), durations
BIGINT seconds (both ends cut to the second, then subtracted), empty is NULL. The reporting time
zone is UTC. ``truth_tables.py`` lists the columns. Rows have natural keys instead of hashes:

``segments`` (one row per segment; the columns are ``SEGMENT_COLUMNS`` and ``SUPPLIED``)
    key: account_sid, derived_kind and
    reservation_sid for rows of reservations, task_sid + started_at for Queue and agent-less
    Conversation rows, worker_sid + started_at for Agent Status (in Progress) rows.
    ``derived_kind`` follows the rules, ``kind`` shows a supplied one. ``answered_by`` and
    ``transferred_from`` are the reservation_sid of the row that fct_segments names by its key.
    All other columns are named as in fct_segments.
``conversations`` (``CONVERSATION_COLUMNS``)
    key: account_sid, conversation_id. ``first_worker_sid``, ``last_worker_sid``,
    ``first_task_queue_sid``, ``last_task_queue_sid``, ``handling_team_id``, ``customer_id`` stand
    for the keys of fct_conversations. ``stated`` (BOOLEAN) is false if the story cannot be
    reconstructed without the events left out with ``--missing``: such conversations have no other
    value and no segments here, and must be left out of a comparison.
``agents`` (``AGENT_COLUMNS``)
    key: account_sid, worker_sid; date_joined, date_left DATE.
``customers`` (``CUSTOMER_COLUMNS``)
    key: account_sid, customer_id; first_seen_at, last_seen_at TIMESTAMP, conversations BIGINT,
    business_value, acquisition_cost DOUBLE, acquisition_date DATE. Conversations that are
    not stated do not count in first_seen_at, last_seen_at and conversations.

``unstated`` (in segments and conversations) is a comma-separated list of columns of the row that
the rules leave open; their values mean nothing. ``segment_order`` is NULL if two rows of a
conversation begin at the same time, so that only their keys decide the order.
``is_within_sla`` is NULL on rows that are not subject to it. ``is_followed_by_repeat`` (BOOLEAN,
conversations) is false for conversations that were not handled or not inbound.
"""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flex_insights.sql_text import quoted_text
from workshop.simulator.story import Conversation, to_json
from workshop.simulator.truth_knowledge import known
from workshop.simulator.truth_people import customer_of
from workshop.simulator.truth_segments import task_rows, team_of
from workshop.simulator.truth_tables import (
    AGENT_COLUMNS,
    NO_SEGMENT,
    PARTS,
    PERSON,
    PERSON_COLUMNS,
    SUPPLIED,
)
from workshop.simulator.truth_total import number_rows, place, total
from workshop.simulator.truth_values import mark, seconds

# Times are milliseconds since 1970 until the tables are written.
ARROW_TYPES = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(),
               "BOOLEAN": pa.bool_(), "TIMESTAMP": pa.int64()}
ROWS_OF_A_GROUP = 5_000


class NoTruth:
    """Ignores everything."""

    def conversation(self, conversation: Conversation, until: int) -> None:
        """Ignore a conversation."""

    def stay(self, worker, activity: str, started: int, ended: int | None) -> None:
        """Ignore a stay in an activity."""

    def seen(self, worker, at: int, joined: int | None, left: int | None) -> None:
        """Ignore an agent."""

    def close(self) -> None:
        """Do nothing."""


class Part:
    """Rows of one table, account and day, written to a Parquet file; few are in memory at a time."""

    def __init__(self, path: Path, columns: dict[str, str]) -> None:
        self.schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])
        self.file = pq.ParquetWriter(path, self.schema, compression="none", use_dictionary=False)
        self.waiting: list[tuple] = []

    def add(self, row: tuple) -> None:
        """Take a row with a value for each column."""
        self.waiting.append(row)
        if len(self.waiting) == ROWS_OF_A_GROUP:
            self._write()

    def _write(self) -> None:
        columns = zip(*self.waiting) if self.waiting else [()] * len(self.schema)
        arrays = [pa.array(values, kind) for values, kind in zip(columns, self.schema.types)]
        self.file.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.waiting.clear()

    def close(self) -> None:
        """Write the remaining rows and finish the file."""
        self._write()
        self.file.close()


class Truth(NoTruth):
    """Writes the truth of one account and day into files of its own, which ``finish`` gathers."""

    def __init__(self, folder: Path, account, name: str, missing: frozenset[str]) -> None:
        self.account, self.missing = account, missing
        folder = folder / "parts"
        folder.mkdir(parents=True, exist_ok=True)
        self.parts = {table: Part(folder / f"{table}_{name}.parquet", columns)
                      for table, columns in PARTS.items()}

    def close(self) -> None:
        """Finish the files."""
        for part in self.parts.values():
            part.close()

    def _write(self, table: str, row: dict) -> None:
        self.parts[table].add(tuple(map(row.get, PARTS[table])))

    def _write_segment(self, row: dict) -> None:
        """Write a row with all columns, in order, before any other."""
        self.parts["segments"].add(tuple(islice(row.values(), len(NO_SEGMENT))))

    # ------------------------------------------------------------ agents

    def stay(self, worker, activity: str, started: int, ended: int | None) -> None:
        """State that a worker was in an activity, or still is if ``ended`` is None."""
        kind = "Agent Status" if ended is not None else "Agent Status in Progress"
        team = worker.teams[worker.team_at(started)]
        self._write("segments", {
            "account_sid": self.account.sid, "workspace_sid": self.account.workspace,
            "derived_kind": kind, "kind": kind, "worker_sid": worker.sid, "activity": activity,
            "started_at": started, "ended_at": ended, "activity_time": seconds(started, ended),
            "time_in_seconds": started // 1000 % 86_400, **team_of(team)})

    def seen(self, worker, at: int, joined: int | None, left: int | None) -> None:
        """State what is known of an agent at ``at``, the last time that an event mentions them."""
        team = worker.teams[worker.team_at(at)]
        self._write("agents", {
            "account_sid": self.account.sid, "worker_sid": worker.sid,
            "full_name": worker.full_name or worker.name, "email": worker.email,
            "role": ", ".join(worker.roles), "state": "Deleted" if left else "Active",
            "team_id": team.id, "team_name": team.name, "team_name_in_hierarchy": team.hierarchy,
            "department_id": team.department_id, "department_name": team.department_name,
            "department_name_in_hierarchy": team.department_name,
            "date_joined": joined, "date_left": left, "seen_at": at, **worker.custom})

    # ------------------------------------------------------------ conversations

    def conversation(self, conversation: Conversation, until: int) -> None:
        """State a conversation and its segments, as known at ``until``."""
        tasks, told = known(conversation, until, self.missing)
        if not tasks:
            return
        if not told:
            self._write("conversations", {"account_sid": self.account.sid,
                                          "conversation_id": conversation.id, "stated": False})
            return
        rows = [row for task in tasks for row in task_rows(task)]
        if not rows:
            return
        rows.sort(key=place)
        number_rows(rows)
        who, person = customer_of(rows, conversation.id)
        whole = total(rows, tasks)
        for row in rows:
            row["conversation_id"], row["customer_id"] = conversation.id, who
            row["supplied"] = to_json(row["supplied"]) if row["supplied"] else None
            self._write_segment(row)
        whole |= {"account_sid": self.account.sid, "conversation_id": conversation.id,
                  "stated": True, "customer_id": who, "person": to_json(person)}
        if who == conversation.id or whole["direction"] == "Internal":
            if not whole["is_handled"] or whole["direction"] != "Inbound":
                mark(whole, "is_followed_by_repeat")  # false or empty?
        self._write("conversations", whole)


# ---------------------------------------------------------------- Parquet

def start_afresh(folder: Path) -> None:
    """Remove parts that an interrupted run left."""
    shutil.rmtree(folder / "parts", ignore_errors=True)


def finish(folder: Path) -> None:
    """Combine the parts of all accounts and days into Parquet tables, and remove the parts."""
    import duckdb

    parts = folder / "parts"
    database = duckdb.connect()
    database.execute("set memory_limit = '1GB'")
    database.execute(f"set temp_directory = {quoted_text(f'{parts}.tmp')}")
    for table, columns in PARTS.items():
        database.execute(f"create view part_{table} as {_select(parts, table, columns)}")
    for table, query in QUERIES.items():
        database.execute(f"copy ({query}) to {quoted_text(f'{folder / table}.parquet')} "
                         "(format parquet, compression zstd)")
    database.close()
    shutil.rmtree(parts)


def _select(parts: Path, table: str, columns: dict[str, str]) -> str:
    read = {"TIMESTAMP": "epoch_ms({0}) as {0}", "VARCHAR": "nullif({0}, '') as {0}"}
    wanted = ", ".join(read.get(kind, "{0}").format(name) for name, kind in columns.items())
    return f"select {wanted} from read_parquet({quoted_text(f'{parts}/{table}_*.parquet')})"


PEOPLE_QUERY = ", ".join(
    f"max_by(person.{name}, started_at) filter (where person.{name} is not null) as {name}"
    for name in PERSON)
AGENT_QUERY = ", ".join(
    f"max({name})::date as {name}" if name.startswith("date_")
    else f"max_by({name}, seen_at) as {name}"
    for name in AGENT_COLUMNS if name not in ("account_sid", "worker_sid", "seen_at"))
# A handled inbound conversation is followed by a repeat if the same customer starts another
# inbound conversation within seven days, from start to start; empty if the customer is an agent or
# identified by nothing but the conversation.
QUERIES = {
    "segments": f"""
        select * exclude (supplied, s), s.*
        from (select *, from_json(supplied, '{to_json(SUPPLIED)}') as s from part_segments)""",
    "agents": f"""
        select account_sid, worker_sid, {AGENT_QUERY} from part_agents
        group by all order by account_sid, worker_sid""",
    "customers": f"""
        select account_sid, customer_id, {PEOPLE_QUERY}, min(started_at) as first_seen_at,
            max(ended_at) as last_seen_at, count(*) as conversations
        from (select * replace (from_json(person, '{to_json(PERSON_COLUMNS)}') as person)
              from part_conversations where stated)
        group by account_sid, customer_id order by account_sid, customer_id""",
    "conversations": """
        with known as (
            select account_sid, conversation_id, lead(started_at) over (
                partition by account_sid, customer_id order by started_at) as next_at
            from part_conversations
            where stated and direction = 'Inbound' and customer_id <> conversation_id
        )
        select c.* exclude (person),
            case when c.stated and c.direction <> 'Internal' and c.customer_id <> c.conversation_id
                then c.is_handled and coalesce(k.next_at <= c.started_at + interval 7 day, false)
            end as is_followed_by_repeat
        from part_conversations as c
        left join known as k using (account_sid, conversation_id)
        order by c.account_sid, c.started_at, c.conversation_id""",
}
