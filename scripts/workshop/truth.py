"""Compares marts with the truth that the simulator writes beside the events.

The truth names rows by natural keys (see scripts/workshop/simulator/truth.py); so does this comparison.
"""

import duckdb

TABLES = {"segments": "row_name", "conversations": "conversation_id", "agents": "worker_sid",
          "customers": "customer_id"}

ROW_NAME = """
    case
        when reservation_sid is not null then 'reservation ' || reservation_sid
        when task_sid is not null
            then derived_kind || ' ' || task_sid || ' ' || epoch_ms(started_at)
        else 'stay ' || worker_sid || ' ' || epoch_ms(started_at)
    end as row_name
"""

MARTS_AS_TRUTH = f"""
    create temp view marts_segments as
    select segments.*, coalesce(built.derived_kind, segments.kind) as derived_kind,
        {ROW_NAME.replace("derived_kind", "built.derived_kind")
        .replace("reservation_sid", "segments.reservation_sid")
        .replace("task_sid", "segments.task_sid").replace("worker_sid", "segments.worker_sid")
        .replace("(started_at)", "(segments.started_at)")},
        customers.customer_id, answers.reservation_sid as answered_by,
        origins.reservation_sid as transferred_from
    from marts.fct_segments as segments
    left join intermediate.int_segments as built using (segment_key)
    left join marts.dim_customers as customers using (customer_key)
    left join marts.fct_segments as answers
        on segments.answered_by_segment_key = answers.segment_key
    left join marts.fct_segments as origins
        on segments.transferred_from_segment_key = origins.segment_key;

    create temp view marts_conversations as
    select conversations.*, customers.customer_id, teams.team_id as handling_team_id,
        first_agents.worker_sid as first_worker_sid, last_agents.worker_sid as last_worker_sid,
        first_queues.task_queue_sid as first_task_queue_sid,
        last_queues.task_queue_sid as last_task_queue_sid
    from marts.fct_conversations as conversations
    left join marts.dim_customers as customers using (customer_key)
    left join marts.dim_teams as teams on conversations.handling_team_key = teams.team_key
    left join marts.dim_agents as first_agents on first_agent_key = first_agents.agent_key
    left join marts.dim_agents as last_agents on last_agent_key = last_agents.agent_key
    left join marts.dim_queues as first_queues on first_queue_key = first_queues.queue_key
    left join marts.dim_queues as last_queues on last_queue_key = last_queues.queue_key;

    create temp view marts_agents as select * from marts.dim_agents;
    create temp view marts_customers as select * from marts.dim_customers;
"""


def differences(database, truth):
    """Differences between the marts in a database and the truth in a folder, a line each.

    Conversations that the truth does not state are left out (and so are customers, if there are any
    such conversations), and so are values that a row of the truth lists as unstated."""
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(MARTS_AS_TRUTH)
    for table in TABLES:
        name = f", {ROW_NAME}" if table == "segments" else ""
        connection.execute(
            f"create temp table truth_{table} as "
            f"select *{name} from read_parquet('{truth}/{table}.parquet')"
        )
    unstated = connection.execute(
        "select count(*) from truth_conversations where not stated").fetchone()[0]
    found = []
    for table, key in TABLES.items():
        if table == "customers" and unstated:
            continue
        found += _rows_of_one_side(connection, table, key)
        found += _values_that_differ(connection, table, key, unstated > 0)
    return found


def _rows_of_one_side(connection, table, key):
    not_stated = ""
    if table in ("segments", "conversations"):
        not_stated = ("where (account_sid, conversation_id) not in (select (account_sid, "
                      "conversation_id) from truth_conversations where not stated) "
                      "or conversation_id is null")
    found = []
    for here, there in (("truth", "marts"), ("marts", "truth")):
        accounts = f"where account_sid in (select account_sid from truth_{table})"
        rows = connection.execute(f"""
            select account_sid, {key} from (from {here}_{table} {not_stated})
            {accounts}
            except all
            select account_sid, {key} from {there}_{table}
        """).fetchall()
        found += [f"{table}: only in the {here}: {row}" for row in rows]
    return found


def _values_that_differ(connection, table, key, has_unstated):
    columns = [row[0] for row in connection.execute(f"describe marts_{table}").fetchall()]
    stated = [row[0] for row in connection.execute(f"describe truth_{table}").fetchall()]
    may_differ = "unstated" in stated
    found = []
    for column in (name for name in stated if name in columns and name not in (key, "account_sid")):
        condition = f"truth.{column} is distinct from marts.{column}"
        if may_differ:
            condition += (" and not list_contains("
                          f"string_split(coalesce(truth.unstated, ''), ','), '{column}')")
        # if a conversation is not stated, whether its customer came again is unknown
        if column == "is_followed_by_repeat" and has_unstated:
            continue
        if column == "segment_order":
            condition += " and truth.segment_order is not null"
        if column == "is_within_sla":
            condition += " and truth.is_subject_to_sla"
        if table == "conversations":
            condition += " and truth.stated"
        rows = connection.execute(f"""
            select account_sid, {key}, truth.{column}, marts.{column}
            from truth_{table} as truth inner join marts_{table} as marts
                using (account_sid, {key})
            where {condition}
        """).fetchall()
        found += [
            f"{table}.{column}: {key} {row[1]}: {row[2]!r} in the truth, {row[3]!r} in the marts"
            for row in rows
        ]
    return found
