"""Published files: a reader that holds one open, and what they must hold."""

import json
import subprocess
import sys

import duckdb

SHARED = ("dim_dates", "dim_times")
READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    tables = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
    for _ in sys.stdin:
        for (table,) in tables:
            query = f"select count(*), sum(hash(t)::hugeint) from {table} t"
            print(table, connection.execute(query).fetchone())
        print(flush=True)
"""


class Reader:
    """A process that holds a published file open and asks it everything."""

    def __init__(self, path):
        command = [sys.executable, "-c", READER, str(path)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self):
        self.process.stdin.write("all\n")
        self.process.stdin.flush()
        return list(iter(self.process.stdout.readline, "\n"))

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def assert_published_are_the_marts(data):
    """Every table of every account is, row by row, that of the database."""
    manifest = json.loads((data / "published" / "manifest.json").read_text())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{data}/flex_insights.duckdb' as source (read_only)")
        for account, entry in manifest["accounts"].items():
            connection.execute("set variable account = $1", [account])
            connection.execute(f"attach '{data}/published/{entry['file']}' as p (read_only)")
            for table, rows in entry["rows"].items():
                where = "" if table in SHARED else "where account_sid = getvariable('account')"
                here, there = f"(from p.{table})", f"(from source.marts.{table} {where})"
                for one, other in ((here, there), (there, here)):
                    left = connection.execute(f"select count(*) from ({one} except all {other})")
                    assert left.fetchone() == (0,), (account, table)
                assert connection.execute(f"select count(*) from {here}").fetchone() == (rows,)
            connection.execute("detach p")


def contents(path):
    """The bytes of a file, and its tables without their compression, as one text."""
    texts = [path.read_bytes().decode("latin-1")]
    with duckdb.connect(str(path), read_only=True) as connection:
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            texts += map(str, connection.execute(f"from {table}").fetchall())
    return "\n".join(texts)
