"""Runs dbt in this process, so that whatever ends the build ends dbt too."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import duckdb

from flex_insights.database import is_damage
from flex_insights.progress import Progress
from flex_insights.settings import PROJECT, Settings

if TYPE_CHECKING:
    # imported when it is needed: that takes more than a second
    from dbt.cli.main import dbtRunnerResult

FAILED = ("error", "fail", "runtime error", "partial success")
SHOWN_FAILURES = 10


class DbtError(Exception):
    """dbt did not build everything, or a test failed; the message says what and where to look."""


def build_marts(settings: Settings, progress: Progress, unit_tests: bool = False) -> list[str]:
    """Runs `dbt build` on what has been loaded. Returns one line for each warning of a test.

    Raises DbtError unless all was built and every test of severity error passed, duckdb.Error if the
    database is damaged, and KeyboardInterrupt if the user stopped it.
    """
    arguments = ["build"] if unit_tests else ["build", "--exclude-resource-type", "unit_test"]
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
    failures = [_in_a_line(result) for result in results if result.status in FAILED]
    if failures or not outcome.success:
        raise DbtError(_describe(settings, failures, outcome))
    return list(results)


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
    os.environ["FLEX_INSIGHTS_CODE"] = code_fingerprint(settings)
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


def code_fingerprint(settings: Settings) -> str:
    """A hash of all that makes the tables what they are but the events: a build with another one makes
    everything anew.

    dbt tells changed models and seeds itself, but not changed macros.
    """
    files = [PROJECT / "dbt_project.yml"]
    for folder, pattern in (("macros", "*.sql"), ("models", "*.sql"), ("seeds", "*.csv")):
        files += sorted((PROJECT / folder).rglob(pattern))
    texts = [file.read_bytes() for file in files]
    texts += [settings.reporting_time_zone.encode(), version("dbt-core").encode()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def builds_everything(settings: Settings) -> bool:
    """Whether the next build makes everything anew, and so reads all of the landing zone."""
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
    try:
        duckdb.connect(str(settings.database)).close()
    except duckdb.IOException as error:
        if is_damage(error):
            raise
        raise DbtError(
            f"{settings.database} cannot be opened for writing ({_first_line(error)}): close the "
            f"program that has it open; {settings.published}/ is made for reading meanwhile."
        ) from None


def _in_a_line(result: Any) -> str:
    path = getattr(result.node, "original_file_path", "")
    return f"{result.node.name} ({path}): {_first_line(result.message or result.status)}"


def _describe(settings: Settings, failures: list[str], outcome: dbtRunnerResult) -> str:
    if not failures:
        failures = [_first_line(outcome.exception or "dbt stopped without saying why")]
    lines = [f"dbt build failed; the whole story is in {settings.logs / 'dbt.log'}:"]
    lines += [f"  {failure}" for failure in failures[:SHOWN_FAILURES]]
    if len(failures) > SHOWN_FAILURES:
        lines.append(f"  and {len(failures) - SHOWN_FAILURES} more")
    return "\n".join(lines)


def _first_line(message: object) -> str:
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    # dbt heads its messages with a line that only names their class.
    return " ".join(lines[:2])[:300] if lines else ""
