"""Settings as options: an option, else an environment variable, else a default."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from flex_insights.errors import UserError
from flex_insights.settings import PROJECT, read_settings

Command = Callable[..., None]


def setting(variable: str, metavar: str, text: str, default: str = "") -> Callable[[Command], Command]:
    """The option of an environment variable; `default` is only for the help text."""
    name = "--" + variable.lower().replace("_", "-")
    shown = {"metavar": metavar, "help": text, "show_envvar": True, "show_default": default or False}
    return click.option(name, envvar=variable, **shown)


OPTIONS = {
    "EVENTS": setting(
        "EVENTS",
        "PATHS",
        "File, folder or glob of event files; several separated by ':'.",
        "data/events, else the sample",
    ),
    "DATA": setting(
        "DATA", "FOLDER", "Folder for everything written.", "data, or data/sample for the sample"
    ),
    "HIPAA_ACCOUNTS": setting(
        "HIPAA_ACCOUNTS",
        "SIDS",
        "AccountSids separated by commas, or 'all': only what Twilio's HIPAA allow-list names is kept"
        " of their events.",
    ),
    "REPORTING_TIME_ZONE": setting(
        "REPORTING_TIME_ZONE", "ZONE", "IANA time zone of local dates and times in the marts.", "UTC"
    ),
    "ENGINE": setting(
        "ENGINE",
        "NAME",
        "duckdb, or spark: the same marts as Parquet under DATA/spark (needs Java 17).",
        "duckdb",
    ),
}


def with_settings(*variables: str, may_use_sample: bool = True) -> Callable[[Command], Command]:
    """Adds options for these settings to a command, and passes it checked Settings in their place.

    Relative paths are relative to the folder that the user is in; the command runs in the project's
    folder, where dbt has to run.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(**arguments: Any) -> None:
            if not (PROJECT / "dbt_project.yml").exists():
                raise UserError("flex-insights is installed without its project: run `make build` there.")
            given = {variable: arguments.pop(variable.lower()) or "" for variable in variables}
            settings = read_settings({**os.environ, **given}, folder=Path.cwd(), may_use_sample=may_use_sample)
            os.chdir(PROJECT)
            command(settings, **arguments)

        for variable in reversed(variables):
            run = OPTIONS[variable](run)
        return run

    return decorate
