"""Runs dbt in this process, so that dbt ends when the build does."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import duckdb

from flex_insights.database import is_damage
from flex_insights.errors import UserError
from flex_insights.failing_keys import Key, failing_keys
from flex_insights.progress import Progress
from flex_insights.settings import PROJECT, Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

FAILED = ("error", "fail", "runtime error", "partial success")
SHOWN_FAILURES = 10
SHOWN_KEYS = 3


class DbtError(UserError):
    """dbt could not build everything, or a test failed; the message says what and where to look.

    `keys` are the first ones of the rows that each failed test found.
    """

    def __init__(self, message: str, keys: Sequence[Key] = ()):
        super().__init__(message)
        self.keys = list(keys)


def build_marts(settings: Settings, progress: Progress, unit_tests: bool = False) -> list[str]:
    """Runs `dbt build` on what has been loaded. Returns a line for each test that warns.

    Raises DbtError unless everything was built and every test of severity error passed, duckdb.Error
    if the database is damaged, and KeyboardInterrupt if the user stopped it.
    """
    arguments = ["build"]
    if not unit_tests:
        arguments += ["--exclude-resource-type", "unit_test", "--exclude", "tag:workshop"]
    results = _run_or_raise(settings, arguments, progress)
    return [_in_a_line(result) for result in results if result.status == "warn"]


def build_models(settings: Settings, progress: Progress, names: Iterable[str]) -> None:
    """Builds some models and what they are made of, without a test.

    Raises DbtError, and KeyboardInterrupt, as build_marts does.
    """
    selection = [f"+{name}" for name in names]
    _run_or_raise(settings, ["run", "--select", *selection], progress)


def _run_or_raise(settings: Settings, arguments: list[str], progress: Progress) -> list[Any]:
    """The results of a dbt command, all of them good or warnings."""
    if settings.engine == "duckdb":
        _check_database_is_free(settings)
    outcome = run_dbt(settings, arguments, progress)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    results = outcome.result.results if hasattr(outcome.result, "results") else []
    failures = [result for result in results if result.status in FAILED]
    if failures or not outcome.success:
        raise _failure(settings, failures, outcome)
    return list(results)


def show_metrics(settings: Settings) -> None:
    """Copies dbt's metrics to where `mf` looks for them, the project's own `target/`."""
    place = PROJECT / "target" / "semantic_manifest.json"
    place.parent.mkdir(exist_ok=True)
    # Builds of two data folders may do this at the same time: neither may leave half a file.
    part = place.with_suffix(f".{os.getpid()}")
    shutil.copyfile(settings.target / "semantic_manifest.json", part)
    os.replace(part, place)


def run_dbt(settings: Settings, arguments: list[str], progress: Progress) -> dbtRunnerResult:
    """Runs a dbt command on a data folder, quietly; its output is in the log there."""
    # Imported only when used: this takes more than a second.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ.update(settings.environment())
    os.environ["FLEX_INSIGHTS_CODE"] = code_fingerprint(settings)
    # dbt's console output is for developers, and is in the log file. Logging every SQL statement
    # too would take a tenth of a small build.
    quiet = ["--quiet", "--no-print", "--log-level", "none"]
    log = ["--log-level-file", "info", "--log-path", str(settings.logs)]
    # On a full disk, each line of the log would otherwise print a traceback.
    logging.raiseExceptions = False
    runner = dbtRunner(callbacks=[lambda event: _report(event, progress)])
    try:
        places = ["--target", settings.engine, "--target-path", str(settings.target)]
        with _no_garbage_collection() if settings.engine == "duckdb" else nullcontext():
            return runner.invoke([*quiet, *log, *arguments, *places])
    finally:
        # Otherwise the database can stay open, so that nothing else in this process can attach it.
        DuckDBConnectionManager.close_all_connections()
        progress.done()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Leaves cyclic garbage until dbt has finished, which saves a sixth of its time.

    Nearly all objects that dbt makes live that long, and Python would search them again and again. Not
    on Spark, whose memory fills up with query plans and broadcast tables that Python's garbage holds.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def code_fingerprint(settings: Settings) -> str:
    """A hash of all that makes the tables what they are but the events: a build with another one rebuilds
    everything.

    dbt itself notices changed models and seeds, but not changed macros.
    """
    files = [PROJECT / "dbt_project.yml"]
    for folder, pattern in (("macros", "*.sql"), ("models", "*.sql"), ("seeds", "*.csv")):
        files += sorted((PROJECT / folder).rglob(pattern))
    texts = [file.read_bytes() for file in files]
    texts += [settings.reporting_time_zone.encode(), version("dbt-core").encode()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def builds_everything(settings: Settings) -> bool:
    """Whether the next build rebuilds everything, and so reads all of the landing zone."""
    if settings.engine != "duckdb" or not settings.database.exists():
        return True
    try:
        with duckdb.connect(str(settings.database), read_only=True) as connection:
            state = connection.execute("select is_complete, code from staging.build_state").fetchone()
    except duckdb.Error:
        return True
    return state is None or not state[0] or state[1] != code_fingerprint(settings)


def _report(event: Any, progress: Progress) -> None:
    if event.info.name == "LogStartLine":
        progress(f"dbt {event.data.index}/{event.data.total}: {event.data.description}")
    elif event.info.name == "JinjaLogInfo":
        print(event.data.msg)


def _check_database_is_free(settings: Settings) -> None:
    if not settings.database.exists():
        return
    try:
        duckdb.connect(str(settings.database)).close()
    except duckdb.IOException as error:
        if is_damage(error):
            raise
        raise DbtError(
            f"{settings.database} cannot be opened for writing ({_first_line(error)}): close the "
            f"program that has it open, and read {settings.published}/ instead."
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
        lines.append(f"  {_first_line(outcome.exception or 'dbt stopped without giving a reason')}")
    head = f"dbt build failed; details are in {settings.logs / 'dbt.log'}:"
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
        "Nothing was published, and no published file has changed.",
        f"To look at the events: {at} flex-insights sql \"select * from"
        f" intermediate.int_event_copies where {column} = '{first.sid}'\"",
        f"To build without them: {at} make forget TASK={first.sid}",
    ]


def _first_line(message: object) -> str:
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    # The first line of dbt's messages only names a class.
    return " ".join(lines[:2])[:300] if lines else ""
