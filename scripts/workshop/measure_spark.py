"""What the marts cost on either engine: python -m workshop.measure_spark DATA...

Each engine builds seeds and models from nothing out of what was loaded into a folder, and replaces
existing marts. Prints elapsed seconds, CPU seconds, and the peak memory of dbt and all its processes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from flex_insights.database import connect
from flex_insights.settings import ENGINES, PROJECT, Settings
from flex_insights.spark.session import prepare
from flex_insights.sql_text import quoted_text

SECONDS_BETWEEN_LOOKS = 0.2


def build(settings: Settings) -> tuple[float, float, int]:
    """Builds with the engine of the settings: (elapsed seconds, CPU seconds, peak memory in bytes).

    Raises OSError if the build fails.
    """
    if settings.engine == "spark":
        prepare(settings)
    else:
        settings.database.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--target", settings.engine]
    command += ["--resource-type", "model", "--resource-type", "seed", "--quiet"]
    command += ["--log-path", str(settings.logs), "--target-path", str(settings.target)]
    environment = {**os.environ, **settings.environment()}
    started, most, processors = time.monotonic(), 0, {}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            seen = dict(processes_below(process.pid))
            most = max(most, sum(memory for _, memory in seen.values()))
            processors |= {pid: seconds for pid, (seconds, _) in seen.items()}
            time.sleep(SECONDS_BETWEEN_LOOKS)
        if process.returncode:
            said.seek(0)
            raise OSError(said.read().decode())
    return time.monotonic() - started, sum(processors.values()), most


def processes_below(pid: int) -> Iterator[tuple[int, tuple[float, int]]]:
    """(pid, (CPU seconds, bytes of memory)) of a process and all its descendants."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # Java forks to call chmod: memory that processes share counts once.
        memory = Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0]
        children = [
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    except (OSError, IndexError):
        return
    ticks = int(words[11]) + int(words[12])
    yield pid, (ticks / os.sysconf("SC_CLK_TCK"), int(memory) * 1024)
    for child in children:
        yield from processes_below(child)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+", help="DATA folders with loaded events")
    parser.add_argument("--times", type=int, default=1, help="builds of either engine")
    arguments = parser.parse_args()
    for data in arguments.data:
        settings = Settings("", data)
        with connect(data) as connection:
            files = quoted_text(f"{settings.raw}/**/*.parquet")
            (events,) = connection.execute(f"select count(*) from read_parquet({files})").fetchone()
        for engine in ENGINES * arguments.times:
            seconds, processors, memory = build(replace(settings, engine=engine))
            print(
                f"{events:,} events, {engine}: {seconds:.0f} s, {processors:.0f} CPU s,"
                f" {memory / 1e9:.1f} GB",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
