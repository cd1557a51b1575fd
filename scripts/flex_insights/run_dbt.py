"""Runs dbt in this process, so that whatever ends the build ends dbt too."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import duckdb

from flex_insights.failing_keys import Key, failing_keys
from flex_insights.progress import Progress
from flex_insights.settings import PROJECT, Settings

if TYPE_CHECKING:
    # imported when it is needed: that takes more than a second
    from dbt.cli.main import dbtRunnerResult

FAILED = ("error", "fail", "runtime error", "partial success")
SHOWN_FAILURES = 10
SHOWN_KEYS = 3


class DbtError(Exception):
    """dbt did not build everything, or a test failed; the message says what and where to look.

    `keys` are the first ones of the rows that each failed test found.
    """

    def __init__(self, message: str, keys: Sequence[Key] = ()):
        super().__init__(message)
        self.keys = list(keys)


def build_marts(settings: Settings, progress: Progress, unit_tests: bool = False) -> list[str]:
    """Runs `dbt build` on what has been loaded. Returns one line for each warning of a test.

    Raises DbtError unless all was built and every test of severity error passed, and
    KeyboardInterrupt if the user stopped it.
    """
    if settings.engine == "duckdb":
        _check_database_is_free(settings)
    arguments = ["build"]
    if not unit_tests:
        arguments += ["--exclude-resource-type", "unit_test", "--exclude", "tag:workshop"]
    outcome = run_dbt(settings, arguments, progress)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    results = outcome.result.results if hasattr(outcome.result, "results") else []
    failures = [result for result in results if result.status in FAILED]
    if failures or not outcome.success:
        raise _failure(settings, failures, outcome)
    return [_in_a_line(result) for result in results if result.status == "warn"]


def show_metrics(settings: Settings) -> None:
    """Puts what dbt knows of metrics where `mf` looks for it: the project's own `target/`."""
    place = PROJECT / "target" / "semantic_manifest.json"
    place.parent.mkdir(exist_ok=True)
    # Two builds on two folders may do this at once; neither may leave half a file.
    part = place.with_suffix(f".{os.getpid()}")
    shutil.copyfile(settings.target / "semantic_manifest.json", part)
    os.replace(part, place)


def run_dbt(settings: Settings, arguments: list[str], progress: Progress) -> dbtRunnerResult:
    """Runs one dbt command on a data folder, quietly; its words are in the log there."""
    os.environ.update(settings.environment())
    os.environ["FLEX_INSIGHTS_CODE"] = _hash_of_macros()
    # dbt's own console output is for developers; it is in the log file. Every statement there as
    # well would cost a tenth of a small build.
    quiet = ["--quiet", "--no-print", "--log-level", "none"]
    log = ["--log-level-file", "info", "--log-path", str(settings.logs)]
    # On a full disk each line of the log would else be a traceback on the terminal.
    logging.raiseExceptions = False
    DuckDBConnectionManager, dbtRunner = import_dbt()
    runner = dbtRunner(callbacks=[lambda event: _report(event, progress)])
    try:
        places = ["--target", settings.engine, "--target-path", str(settings.target)]
        with _no_garbage_collection() if settings.engine == "duckdb" else nullcontext():
            return runner.invoke([*quiet, *log, *arguments, *places])
    finally:
        # Otherwise the database may stay open, and nothing else in this process could attach it.
        DuckDBConnectionManager.close_all_connections()
        progress.done()


def import_dbt() -> tuple[type, type]:
    """dbt's manager of connections and its runner; the first time this takes more than a second."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    return DuckDBConnectionManager, dbtRunner


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Leaves cyclic garbage until afterwards.

    Nearly all objects that dbt makes stay until it has finished, and Python would look through
    all of them again and again: a sixth of the time that dbt itself takes. On Spark it is needed:
    Python's garbage holds plans and tables that are broadcast, and Spark's memory runs full of them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _hash_of_macros() -> str:
    # dbt tells changed models and seeds itself, but not changed macros.
    files = sorted((PROJECT / "macros").rglob("*.sql"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _report(event: Any, progress: Progress) -> None:
    if event.info.name == "LogStartLine":
        progress(f"dbt {event.data.index}/{event.data.total}: {event.data.description}")
    elif event.info.name == "JinjaLogInfo":
        print(event.data.msg)


def _check_database_is_free(settings: Settings) -> None:
    try:
        duckdb.connect(str(settings.database)).close()
    except duckdb.IOException as error:
        raise DbtError(
            f"{settings.database} cannot be opened for writing ({_first_line(error)}): close the "
            f"program that has it open; {settings.published}/ is made for reading meanwhile."
        ) from None


def _in_a_line(result: Any) -> str:
    path = getattr(result.node, "original_file_path", "")
    return f"{result.node.name} ({path}): {_first_line(result.message or result.status)}"


def _failure(settings: Settings, failures: list[Any], outcome: dbtRunnerResult) -> DbtError:
    lines, keys = [], []
    for number, result in enumerate(failures):
        found = _keys_of(settings, result)
        keys += found
        if number < SHOWN_FAILURES:
            lines += [f"  {_in_a_line(result)}", *(f"    {key}" for key in found)]
    if len(failures) > SHOWN_FAILURES:
        lines.append(f"  and {len(failures) - SHOWN_FAILURES} more")
    if not failures:
        lines.append(f"  {_first_line(outcome.exception or 'dbt stopped without saying why')}")
    head = f"dbt build failed; the whole story is in {settings.logs / 'dbt.log'}:"
    return DbtError("\n".join([head, *lines, *_ways_out(settings, keys)]), keys)


def _keys_of(settings: Settings, result: Any) -> list[Key]:
    """The tasks and agents of the rows that a failed data test found; dbt has closed the database."""
    query = getattr(result.node, "compiled_code", None)
    if result.status != "fail" or settings.engine != "duckdb" or not query:
        return []
    return failing_keys(settings, query, SHOWN_KEYS)


def _ways_out(settings: Settings, keys: list[Key]) -> list[str]:
    """How not to be stuck with rows that a test does not accept."""
    if not keys:
        return []
    first, at = keys[0], f"DATA={shlex.quote(str(settings.data))}"
    column = "worker_sid" if first.conversation_id is None else "task_sid"
    return [
        "Nothing was published; what was published before stays as it was.",
        f"To look at the events: {at} python -m flex_insights.sql \"select * from"
        f" intermediate.int_event_copies where {column} = '{first.sid}'\"",
        f"To build without them: {at} make forget TASK={first.sid}",
    ]


def _first_line(message: object) -> str:
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    # dbt heads its messages with a line that only names their class.
    return " ".join(lines[:2])[:300] if lines else ""
