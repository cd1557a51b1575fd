"""The command `flex-insights`.

Every command is a module in `flex_insights/commands/`, imported only when it is used, so that help and
version cost nothing. To add one, write a module there with a click command named `command`, and add
its name to COMMANDS.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from flex_insights.errors import UserError

# in the order of the help text
COMMANDS = ("build", "load", "fetch", "receive", "sql", "docs", "redact", "forget", "expire")
INTERRUPTED = 130


class Commands(click.Group):
    """Finds commands by the names of their modules."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f"flex_insights.commands.{name}").command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: flex-insights build --events 'exports/*.jsonl.gz' --data /srv/flex",
)
@click.version_option(package_name="flex-insights")
def flex_insights() -> None:
    """Turns Twilio TaskRouter events into the tables and metrics of Flex Insights.

    Every setting is an option, else an environment variable, else its default.
    """


def main() -> int:
    """Runs the command line; returns the exit status."""
    sys.stdout.reconfigure(line_buffering=True)
    try:
        return flex_insights.main(standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        print("Stopped. Rerun the command to continue.", file=sys.stderr)
        return INTERRUPTED
    except UserError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        # Python would complain when it flushes what nobody reads any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if not _is_from_outside(error):
            raise
        reason = str(error).split("\n")[0].rstrip(".")
        print(f"Stopped: {reason}. Fix this and rerun.", file=sys.stderr)
    return 1


def _is_from_outside(error: Exception) -> bool:
    """Whether the cause is outside the program: a full disk, missing rights, a locked database."""
    import duckdb

    return isinstance(error, (OSError, duckdb.Error))
