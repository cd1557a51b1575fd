"""Has dbt read the project's files while the events are loaded, in a process of its own.

On a fresh data folder dbt needs seconds to parse all models; what it then leaves in `target/` it takes
up in a moment. The process is a help and no more: if it fails, the build parses, and says what is wrong.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flex_insights.progress import Progress
from flex_insights.run_dbt import import_dbt, run_dbt
from flex_insights.settings import PROJECT, Settings, read_settings


@contextmanager
def parsing_ahead(settings: Settings) -> Iterator[None]:
    """Parses while the block runs, and waits for the end of it if the block comes to its own.

    However the block or this process ends, the other process ends too. Nothing is done if an
    earlier build has left something for dbt to begin with.
    """
    if (settings.target / "partial_parse.msgpack").exists():
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "flex_insights.parse_ahead"],
        cwd=PROJECT,
        # dbt begins anew where these are not to the letter what the build has.
        env={**os.environ, **settings.environment(), "ENGINE": settings.engine},
        # Its end tells the process that this one is gone.
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for this process.
        start_new_session=True,
    )
    try:
        # Meanwhile there is a processor for that, too.
        import_dbt()
        yield
        process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main() -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return 0 if run_dbt(read_settings(), ["parse"], Progress()).success else 1


if __name__ == "__main__":
    sys.exit(main())
