"""Searches everything under a folder for texts: bytes as they lie there, and what Parquet, DuckDB,
gzip and zstd files hold without their compression."""

import base64
import gzip
import json
import os
from pathlib import Path

import duckdb
import zstandard


def files_that_hold(folder, texts):
    """(file, text) of every text that is found, in any spelling that JSON has for it."""
    found = []
    for path, content in everything_in(Path(folder)):
        for text in texts:
            if any(spelling in content for spelling in spellings(text)):
                found.append((str(path), text))
    return found


def spellings(text):
    """As it is, in JSON once and twice, and in base64, wherever in a longer text it stands there."""
    once = json.dumps(text)[1:-1]
    plain = {text.encode(), once.encode(), json.dumps(once)[1:-1].encode()}
    return plain | {base64_at(text.encode(), place) for place in range(3)}


def base64_at(text, place):
    """The characters of base64 that do not depend on what stands before and behind a text."""
    whole = base64.b64encode(b"\0" * place + text).rstrip(b"=")
    return whole[(0, 2, 3)[place] : len(whole) - (1 if (place + len(text)) % 3 else 0)]


def everything_in(folder):
    """Each file's name, bytes and unpacked content."""
    for top, folders, names in os.walk(folder):
        for name in [*names, *folders]:
            path = Path(top, name)
            yield path, name.encode()
            if path.is_file():
                yield path, path.read_bytes()
                yield path, b"\n".join(unpacked(path))


def unpacked(path):
    head = path.read_bytes()[:16]
    if head[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where not temporary"
            ).fetchall()
            for schema, table in tables:
                yield from rows(connection, f'"{schema}"."{table}"')
    elif head[:4] == b"PAR1":
        with duckdb.connect() as connection:
            yield from rows(connection, f"read_parquet('{path}', hive_partitioning = false)")
    elif head[:2] == b"\x1f\x8b":
        yield gzip.decompress(path.read_bytes())
    elif head[:4] == b"\x28\xb5\x2f\xfd":
        yield zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())


def rows(connection, relation):
    cursor = connection.execute(f"from {relation}")
    while batch := cursor.fetchmany(10_000):
        for row in batch:
            yield "\0".join(map(str, row)).encode("utf-8", "surrogatepass")
