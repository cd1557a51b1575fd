"""Compare the marts with the truth of a simulation, column by column.

Only the public columns of the marts are read. ``python -m scripts.simulation.compare DATABASE
TRUTH`` prints what differs, with an example each, and exits 1 if anything does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

# What a row is told by, on either side: a reservation, a wait, or a stay in an activity.
SEGMENT_KEY = """s.account_sid, case
    when s.reservation_sid is not null then s.reservation_sid
    when s.task_sid is not null and s.{kind} = 'Queue'
        then 'Queue ' || s.task_sid || ' ' || s.started_at::varchar
    when s.task_sid is not null then 'No agent ' || s.task_sid || ' ' || s.started_at::varchar
    else s.worker_sid || ' ' || s.started_at::varchar end as row_key"""
MARTS = {
    "segments": f"""
        select {SEGMENT_KEY.format(kind='kind')}, s.* exclude (account_sid), a.reservation_sid as answered_by,
            t.reservation_sid as transferred_from, c.customer_id
        from marts.fct_segments as s
        left join marts.fct_segments as a on a.segment_key = s.answered_by_segment_key
        left join marts.fct_segments as t on t.segment_key = s.transferred_from_segment_key
        left join marts.dim_customers as c on c.customer_key = s.customer_key
        anti join untold as u on u.account_sid = s.account_sid
            and u.conversation_id = s.conversation_id""",
    "conversations": """
        select s.account_sid, s.conversation_id as row_key, s.* exclude (account_sid),
            c.customer_id, fa.worker_sid as first_worker_sid, la.worker_sid as last_worker_sid,
            fq.task_queue_sid as first_task_queue_sid, lq.task_queue_sid as last_task_queue_sid,
            t.team_id as handling_team_id
        from marts.fct_conversations as s
        left join marts.dim_customers as c using (customer_key)
        left join marts.dim_agents as fa on fa.agent_key = s.first_agent_key
        left join marts.dim_agents as la on la.agent_key = s.last_agent_key
        left join marts.dim_queues as fq on fq.queue_key = s.first_queue_key
        left join marts.dim_queues as lq on lq.queue_key = s.last_queue_key
        left join marts.dim_teams as t on t.team_key = s.handling_team_key""",
    "agents": "select account_sid, worker_sid as row_key, * exclude (account_sid) "
              "from marts.dim_agents",
    "customers": "select account_sid, customer_id as row_key, * exclude (account_sid) "
                 "from marts.dim_customers",
}
TRUTHS = {
    "segments": f"select {SEGMENT_KEY.format(kind='derived_kind')}, s.* exclude (account_sid)",
    "conversations": "select account_sid, conversation_id as row_key, * exclude (account_sid)",
    "agents": "select account_sid, worker_sid as row_key, * exclude (account_sid)",
    "customers": "select account_sid, customer_id as row_key, * exclude (account_sid)",
}
NOT_COMPARED = {"account_sid", "row_key", "unstated", "derived_kind", "stated"}
UNKNOWN_WHERE_NULL = {"segment_order", "is_within_sla"}  # in the truth


def differences(database: Path, truth: Path) -> list[tuple[str, str, int, str]]:
    """Return (table, column, number of rows, example) for all that differs.

    Rows that one side lacks are reported as columns "only in marts" and "only in truth".
    """
    connection = duckdb.connect()
    connection.execute(f"attach '{database}' as built (read_only)")
    connection.execute("use built")
    connection.execute("create temp table untold as select account_sid, conversation_id from "
                       f"read_parquet('{truth}/conversations.parquet') where not stated")
    untold = connection.execute("select count(*) from untold").fetchone()[0]
    found = []
    for table in MARTS:
        if table == "customers" and untold:  # their conversations count, and tell of them
            continue
        connection.execute(f"create or replace temp view m as {MARTS[table]}")
        connection.execute(f"create or replace temp view t as {TRUTHS[table]} "
                           f"from read_parquet('{truth}/{table}.parquet') as s")
        found += [row for row in _table_differences(connection, table)
                  if not (untold and row[1] == "is_followed_by_repeat")]
    connection.close()
    return found


def _table_differences(connection, table: str) -> list[tuple[str, str, int, str]]:
    found = []
    here, there = ({row[0] for row in connection.execute(f"describe {side}").fetchall()}
                   for side in "mt")
    joined = "from m full join t on m.account_sid = t.account_sid and m.row_key = t.row_key"
    stated = " and t.stated" if table == "conversations" else ""
    for name, condition in (("only in marts", "t.row_key is null"),
                            ("only in truth", f"m.row_key is null{stated}")):
        number, example = connection.execute(
            f"select count(*), min(coalesce(m.row_key, t.row_key)) {joined} "
            f"where {condition}").fetchone()
        if number:
            found.append((table, name, number, example))
    open_ = ("and not list_contains(string_split(coalesce(t.unstated, ''), ','), '{}')"
             if "unstated" in there else "")
    for name in sorted(here & there - NOT_COMPARED):
        known = f" and t.{name} is not null" if name in UNKNOWN_WHERE_NULL else ""
        number, example = connection.execute(
            f"select count(*), min(t.row_key || ': marts ' || coalesce(m.{name}::varchar, 'NULL')"
            f" || ', truth ' || coalesce(t.{name}::varchar, 'NULL')) {joined} "
            f"where m.row_key is not null and t.row_key is not null{stated} "
            f"and m.{name} is distinct from t.{name} {open_.format(name)}{known}").fetchone()
        if number:
            found.append((table, name, number, example))
    return found


def main(arguments: list[str]) -> int:
    """Print all differences; return 1 if there are any."""
    found = differences(Path(arguments[0]), Path(arguments[1]))
    for table, name, number, example in found:
        print(f"{table}.{name}: {number} rows, e.g. {example}")
    print("no difference" if not found else f"{len(found)} columns differ")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
