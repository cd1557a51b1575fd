"""How a command ends: in a sentence instead of a traceback, with an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import duckdb

from flex_insights.build_lock import LockedError
from flex_insights.run_dbt import DbtError
from flex_insights.settings import PROJECT, SettingsError


def run_command(
    work: Callable[[], None], *errors: type[Exception], stopped: str, interrupted: str
) -> int:
    """Does the work in the project's folder; gives the exit status.

    `errors`, besides those of any build, have messages for the user. `stopped` is said, with what
    went wrong, of errors of the machine, `interrupted` when the user stopped it.
    """
    sys.stdout.reconfigure(line_buffering=True)
    os.chdir(PROJECT)
    try:
        work()
    except (SettingsError, LockedError, DbtError, *errors) as error:
        print(error, file=sys.stderr)
    except (OSError, duckdb.Error) as error:
        print(f"{stopped}: {error}. Run it again when that is mended.", file=sys.stderr)
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return 130
    else:
        return 0
    return 1
