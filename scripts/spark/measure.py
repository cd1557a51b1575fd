"""What the marts cost on either engine: python -m scripts.spark.measure --out FOLDER --days 1 10.

For every number of days: simulated events are loaded once, then each engine builds seeds and models
from nothing, several times. Prints seconds and the most memory that dbt and all its processes held.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from scripts.load_events import load_events
from scripts.progress import Progress
from scripts.settings import ENGINES, PROJECT, Settings
from scripts.simulation.run import Settings as Simulation
from scripts.simulation.run import simulate
from scripts.spark.session import prepare

SECONDS_BETWEEN_LOOKS = 0.2


def build(settings: Settings) -> tuple[float, int]:
    """Builds with the engine of the settings: (seconds, most bytes of memory). Raises OSError."""
    if settings.engine == "spark":
        prepare(settings)
    settings.database.unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--target", settings.engine]
    command += ["--resource-type", "model", "--resource-type", "seed", "--quiet"]
    command += ["--log-path", str(settings.logs), "--target-path", str(settings.target)]
    environment = {**os.environ, **settings.environment()}
    started, most = time.monotonic(), 0
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    # Whatever is said has to be read while it runs.
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()))
    reader.start()
    while process.poll() is None:
        most = max(most, memory_of(process.pid))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    reader.join()
    if process.returncode:
        raise OSError(b"".join(said).decode())
    return time.monotonic() - started, most


def memory_of(pid: int) -> int:
    """Bytes of memory of a process and all below it; 0 for one that has gone."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [child.name for child in Path(f"/proc/{pid}/task").iterdir()]
        for thread in threads:
            if thread != str(pid):
                children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except (OSError, ValueError):
        return 0
    return resident * os.sysconf("SC_PAGE_SIZE") + sum(memory_of(int(child)) for child in children)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for events and marts")
    parser.add_argument("--days", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--tasks-per-day", type=int, default=6600, help="some 105 000 events")
    parser.add_argument("--times", type=int, default=1, help="builds of either engine")
    arguments = parser.parse_args()
    for days in arguments.days:
        data, events = arguments.out / f"{days}" / "data", arguments.out / f"{days}" / "events"
        shutil.rmtree(data.parent, ignore_errors=True)
        tasks = arguments.tasks_per_day
        simulate(
            Simulation(out=events, days=days, tasks_per_day=tasks, agents=tasks // 40, accounts=3,
                       form="mixed", packaging="real", odd=0.05, pack="zst", processes=2, seed=7),
            Progress(),
        )
        settings = Settings(str(events), data)
        loaded = load_events(settings.events, data, frozenset(), Progress())
        for engine in ENGINES * arguments.times:
            seconds, memory = build(replace(settings, engine=engine))
            print(f"{loaded.events:,} events, {engine}: {seconds:.0f} s, {memory / 1e9:.1f} GB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
