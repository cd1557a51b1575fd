"""Marts of two databases compared row by row, every column."""

import hashlib
from collections import defaultdict

import duckdb

# They tell how the loads went, which is not the same by their nature.
ABOUT_LOADS = ("audit_events", "audit_rejects", "data_freshness")
# Columns that tell people which row it is.
TELLING = (
    "kind", "task_sid", "reservation_sid", "worker_sid", "started_at", "conversation_id",
    "customer_id", "task_queue_sid", "activity", "team_id", "department_id", "date_key",
)


def read_tables(database, about_loads=False, schema="marts"):
    """Every mart as {table: (columns with their types, rows in a fixed order)}."""
    tables = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = $1 order by 1", [schema]
        ).fetchall()
        for (name,) in names:
            if name in ABOUT_LOADS and not about_loads:
                continue
            cursor = connection.execute(f"select * from {schema}.{name} order by all")
            tables[name] = [column[:2] for column in cursor.description], cursor.fetchall()
    return tables


def differences(one, other):
    """How the tables of read_tables differ: {account, or '' for shared tables: [line, …]}."""
    found = defaultdict(list)
    for name in sorted(set(one) | set(other)):
        columns, rows = one.get(name, ([], []))
        other_columns, other_rows = other.get(name, ([], []))
        if columns != other_columns:
            found[""].append(f"{name}: columns {columns} | {other_columns}")
            continue
        for account, lines in _differing_rows([c[0] for c in columns], rows, other_rows).items():
            found[account] += [f"{name}: {line}" for line in lines]
    return found


def _differing_rows(columns, rows, other_rows):
    """{account: lines} for rows that only one side has; those that are much alike share a line."""
    if rows == other_rows:
        return {}
    place = columns.index("account_sid") if "account_sid" in columns else None
    only, other_only = _surplus(rows, other_rows), _surplus(other_rows, rows)
    found = defaultdict(list)
    for row in only:
        account = row[place] if place is not None else ""
        twins = [o for o in other_only if place is None or o[place] == account]
        twin = min(twins, key=lambda o: sum(a != b for a, b in zip(row, o)), default=None)
        if twin is None or 2 * sum(a == b for a, b in zip(row, twin)) < len(row):
            found[account].append(f"only the first has {_shown(columns, row)}")
            continue
        other_only.remove(twin)
        wrong = [f"{c}: {a} | {b}" for c, a, b in zip(columns, row, twin) if a != b]
        found[account].append(f"{_shown(columns, row)} differs: {', '.join(wrong)}")
    for row in other_only:
        account = row[place] if place is not None else ""
        found[account].append(f"only the second has {_shown(columns, row)}")
    return found


def _surplus(rows, others):
    """Rows that are not among the others, or not as often."""
    left = defaultdict(int)
    for row in others:
        left[row] += 1
    surplus = []
    for row in rows:
        left[row] -= 1
        if left[row] < 0:
            surplus.append(row)
    return surplus


def _shown(columns, row):
    told = [f"{c}: {v}" for c, v in zip(columns, row) if c in TELLING and v is not None]
    return "{" + ", ".join(told or map(str, row)) + "}"


def fingerprint(folder):
    """{path: (hash of its bytes, modification time)} of a folder and all below it."""
    return {
        str(path): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None,
            path.stat().st_mtime_ns,
        )
        for path in (folder, *sorted(folder.rglob("*")))
    }
