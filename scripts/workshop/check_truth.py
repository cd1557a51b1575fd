"""`make check-truth`: marts of a simulated centre of any size against the truth beside its events.

With `--data` and `--truth` it compares what is there; otherwise it simulates and builds first.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from flex_insights.progress import Progress
from flex_insights.settings import PROJECT
from workshop.command import FLEX_INSIGHTS
from workshop.simulator.run import Settings, simulate
from workshop.truth import differences

SHOWN = 20


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--days", type=int, default=48, help="some 21,000 events each")
    add("--tasks", type=int, default=2000, help="on a working day")
    add("--agents", type=int, default=50)
    add("--form", default="rest")
    add("--odd", type=float, default=0.01)
    add("--seed", type=int, default=1)
    add("--folder", type=Path, default=Path("data/truth"), help="to work in; removed afterwards")
    add("--data", type=Path, help="what was built")
    add("--truth", type=Path, help="the truth of what was built")
    return parser.parse_args()


def build(options, folder):
    """Simulates and builds; gives the data folder and the truth."""
    events, truth, data = (folder / name for name in ("events", "truth", "data"))
    story = Settings(
        events, truth, seed=options.seed, days=options.days, tasks_per_day=options.tasks,
        agents=options.agents, form=options.form, odd=options.odd,
    )  # fmt: skip
    simulate(story, Progress())
    environment = {"EVENTS": str(events), "DATA": str(data), "REPORTING_TIME_ZONE": "UTC"}
    command = [FLEX_INSIGHTS, "build"]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **environment}, check=True)
    return data, truth


def main():
    options = parse_options()
    folder = options.folder.absolute()
    if options.data:
        data, truth = options.data, options.truth
    elif folder.exists():
        sys.exit(f"{options.folder} exists: name another with --folder, or remove it.")
    else:
        data, truth = build(options, folder)
    found = differences(data / "flex_insights.duckdb", truth)
    print(*found[:SHOWN], f"Differences from the truth: {len(found):,}", sep="\n")
    if not options.data:
        shutil.rmtree(folder)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
