"""`make bench`: what a full build, a build with nothing new and one more day cost.

Simulated events of so many days are built from nothing, then with nothing new, then one day on top
of the other; the same for every number of days asked for, as a rule one and ten times as many. Beside
it the yardstick: what DuckDB alone needs to read the same files into typed columns, just before, so
that both find the files in the system's cache. Under a limit of memory, if one is named, everything is
built once more, and the marts must be the same. Prints a table; all figures go to a JSON file and into
a plot.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from flex_insights.progress import Progress
from flex_insights.settings import PROJECT
from workshop.bench_plot import plot
from workshop.command import FLEX_INSIGHTS
from workshop.simulator.run import Settings, simulate

PHASES = {"Loading": "load", "Building": "dbt", "Publishing": "publish", "Loaded": "summary"}
MB = 1_000_000
# The fields that a first look at REST events would read.
YARDSTICK_EVENT_FIELDS = (
    "task_sid", "task_attributes", "task_age", "task_priority", "task_version",
    "task_channel_unique_name", "task_queue_sid", "task_queue_name", "task_queue_entered_date",
    "workflow_sid", "workflow_name", "reservation_sid", "reservation_version", "worker_sid",
    "worker_name", "worker_activity_name", "task_completed_reason",
)
YARDSTICK_COLUMNS = {
    "sid": "varchar",
    "event_type": "varchar",
    "event_date_ms": "bigint",
    "account_sid": "varchar",
    "workspace_sid": "varchar",
    "event_data": f"struct({', '.join(f'{name} varchar' for name in YARDSTICK_EVENT_FIELDS)})",
}
YARDSTICK = """
import sys, time, duckdb
connection = duckdb.connect(config={"threads": 2})
connection.execute("set enable_progress_bar = false")
started = time.monotonic()
connection.execute(sys.argv[1])
print(time.monotonic() - started)
"""


@dataclass(frozen=True)
class Cost:
    """Of one build, or of the median of several: seconds (of phases, of all, of processors) and
    the most memory that one of its processes held, in bytes."""

    what: str
    load: float
    dbt: float
    publish: float
    total: float
    processor: float
    memory: int


@dataclass
class Size:
    """What was measured at so many days."""

    days: int
    events: int = 0
    bytes: int = 0
    yardstick: float = 0
    full: Cost | None = None
    nothing_new: Cost | None = None
    one_more_day: Cost | None = None
    limited: Cost | None = None
    ratios: dict[str, float] = field(default_factory=dict)


def measure_build(what: str, events: Path, data: Path, memory_limit: str = "") -> Cost:
    """Runs a build in a process of its own. Raises SystemExit with its words if it fails."""
    complaints = tempfile.TemporaryFile("w+")
    environment = {**os.environ, "EVENTS": str(events), "DATA": str(data), "PYTHONUNBUFFERED": "1"}
    if memory_limit:
        environment["DUCKDB_MEMORY_LIMIT"] = memory_limit
    started = time.monotonic()
    process = subprocess.Popen(
        [FLEX_INSIGHTS, "build"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
    )
    beginnings, said = {}, []
    for line in process.stdout:
        said.append(line)
        if phase := PHASES.get(line.split(" ")[0].strip()):
            beginnings.setdefault(phase, time.monotonic())
    # Memory is that of the largest process, seconds of processors those of all it has waited for.
    _, status, usage = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        complaints.seek(0)
        sys.exit(f"The build of {events} failed: {complaints.read().strip()[-2000:]}")
    moments = [beginnings[phase] for phase in PHASES.values()]
    load, dbt, publish = (after - before for before, after in zip(moments, moments[1:]))
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    processor = usage.ru_utime + usage.ru_stime
    return Cost(what, load, dbt, publish, ended - started, processor, int(kilobytes * 1024))


def published_contents(data: Path) -> dict[str, dict[str, tuple[int, str]]]:
    """Rows and hash of each published table of each account, but for when it was loaded."""
    manifest = json.loads((data / "published" / "manifest.json").read_text("utf-8"))
    return {
        account: {
            table: (rows, entry["hashes"][table])
            for table, rows in entry["rows"].items()
            if table != "data_freshness"
        }
        for account, entry in manifest["accounts"].items()
    }


def median(what: str, costs: list[Cost]) -> Cost:
    """The cost in the middle by total time."""
    middle = sorted(costs, key=lambda cost: cost.total)[(len(costs) - 1) // 2]
    return Cost(**{**asdict(middle), "what": what})


def measure_yardstick(files: list[Path], repeats: int) -> float:
    """Median seconds in which DuckDB reads the files into a table, with a warm cache."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in YARDSTICK_COLUMNS.items())
    names = ", ".join(f"'{file}'" for file in files)
    query = (
        "create temp table events as select * from read_json("
        f"[{names}], format = 'newline_delimited', columns = {{{columns}}})"
    )
    seconds = []
    for _ in range(repeats + 1):
        done = subprocess.run(
            [sys.executable, "-c", YARDSTICK, query], capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"DuckDB cannot read what was simulated: {done.stderr.splitlines()[-1]}")
        seconds.append(float(done.stdout))
    return statistics.median(seconds[1:])


class Bench:
    """Simulated days, and the builds of some of them."""

    def __init__(self, folder: Path, options: argparse.Namespace):
        self.folder, self.days, self.tasks = folder, max(options.days), options.tasks
        self.repeats, self.full_builds = options.repeats, options.full_builds
        self.memory_limit = options.memory_limit
        self.progress = Progress()
        self.files: list[Path] = []

    def simulate(self) -> None:
        """Writes the files of the most days, and a week more for each day on top."""
        simulated = self.folder / "simulated"
        simulate(
            Settings(
                simulated,
                days=self.days + 7 * self.repeats,
                tasks_per_day=self.tasks,
                agents=max(4, self.tasks // 40),
                form="rest",
                odd=0.01,
            )
        )
        self.files = sorted(simulated.iterdir(), key=day_of)

    def measure(self, days: int) -> Size:
        """All figures at so many days."""
        events, data = self.folder / f"events of {days}", self.folder / f"data of {days}"
        events.mkdir()
        self._add(events, self.files[:days])
        size = Size(days, *self._contents(events))
        self._tell(days, "yardstick")
        size.yardstick = measure_yardstick(self.files[:days], self.repeats)
        full = []
        for _ in range(self.full_builds):
            shutil.rmtree(data, ignore_errors=True)
            full += self._costs(days, "full build", events, data, [[]])
        size.full = median("full build", full)
        if self.memory_limit:
            size.limited = self._build_limited(events, data)
        none = [[]] * self.repeats
        size.nothing_new = median(
            "nothing new", self._costs(days, "nothing new", events, data, none)
        )
        working_days = [file for file in self.files[days:] if day_of(file).weekday() < 5]
        more = [[file] for file in working_days[: self.repeats]]
        size.one_more_day = median(
            "one more day", self._costs(days, "one more day", events, data, more)
        )
        shutil.rmtree(data)
        size.ratios = ratios_of(size)
        return size

    def _build_limited(self, events: Path, unlimited: Path) -> Cost:
        """Builds under the limit. Raises SystemExit if a mart differs from what is there."""
        data = unlimited.with_name(f"{unlimited.name}, limited")
        what = f"in {self.memory_limit}"
        self.progress(f"Building {what}")
        cost = measure_build(what, events, data, self.memory_limit)
        if published_contents(data) != published_contents(unlimited):
            sys.exit(f"The marts of {events} are others when they are built {what}.")
        shutil.rmtree(data)
        return cost

    def _costs(
        self, days: int, what: str, events: Path, data: Path, additions: list[list[Path]]
    ) -> list[Cost]:
        costs = []
        for files in additions:
            self._add(events, files)
            self._tell(days, what)
            costs.append(measure_build(what, events, data))
        return costs

    def _add(self, events: Path, files: list[Path]) -> None:
        for file in files:
            os.link(file, events / file.name)

    def _contents(self, events: Path) -> tuple[int, int]:
        lines = size = 0
        for file in events.iterdir():
            size += file.stat().st_size
            with open(file, "rb") as blocks:
                lines += sum(block.count(b"\n") for block in iter(lambda: blocks.read(MB), b""))
        return lines, size

    def _tell(self, days: int, what: str) -> None:
        self.progress(f"Measuring {days} days: {what}")


def day_of(file: Path) -> date:
    """The day whose events a simulated file holds."""
    return date.fromisoformat(file.name.split(".")[0].rsplit("_", 1)[-1])


def ratios_of(size: Size) -> dict[str, float]:
    """What counts of one size; by processor seconds where other work disturbs the clock."""
    return {
        "full build / yardstick": size.full.total / size.yardstick,
        "(one more day - nothing new) / full build": _beyond(size, "total") / size.full.total,
        "the same by processor": _beyond(size, "processor") / size.full.processor,
    }


def growth_of(small: Size, large: Size) -> dict[str, float]:
    """How many times the larger size is the smaller one, and how often it takes its time."""
    growth = {"events": large.events / small.events, "yardstick": large.yardstick / small.yardstick}
    for name in ("full", "nothing_new", "one_more_day"):
        growth[name.replace("_", " ")] = getattr(large, name).total / getattr(small, name).total
    growth["full build to events"] = growth["full"] / growth["events"]
    for name, clock in (("", "total"), (" by processor", "processor")):
        beyond = _beyond(large, clock) / _beyond(small, clock)
        growth[f"one more day - nothing new{name}"] = beyond
    return growth


def _beyond(size: Size, clock: str) -> float:
    """Seconds that one more day takes beyond a build with nothing new."""
    return getattr(size.one_more_day, clock) - getattr(size.nothing_new, clock)


def table(sizes: list[Size], growth: dict[str, float]) -> list[str]:
    """Lines for people."""
    head = f"{'':<14}{'load':>8}{'build':>8}{'publish':>9}{'total':>8}{'cpu':>8}{'memory':>10}"
    lines = []
    for size in sizes:
        rate = size.events / size.full.total
        lines += [
            f"{size.days} days: {size.events:,} events, {size.bytes / MB:,.0f} MB; full build"
            f" {rate:,.0f} events/s; yardstick {size.yardstick:.2f} s",
            head,
        ]
        for cost in filter(None, (size.full, size.limited, size.nothing_new, size.one_more_day)):
            lines.append(
                f"{cost.what:<14}{cost.load:>7.1f}s{cost.dbt:>7.1f}s{cost.publish:>8.1f}s"
                f"{cost.total:>7.1f}s{cost.processor:>7.1f}s{cost.memory / MB:>7,.0f} MB"
            )
        lines += [f"  {name}: {value:.3f}" for name, value in size.ratios.items()] + [""]
    if growth:
        lines.append(f"From {sizes[0].days} to {sizes[-1].days} days, times as much:")
    return lines + [f"  {name}: {value:.2f}" for name, value in growth.items()]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--days", type=int, nargs="+", default=[5, 50], help="sizes to measure, in days")
    add("--tasks", type=int, default=2000, help="tasks on a working day")
    add("--repeats", type=int, default=3, help="of the yardstick and the builds that add little")
    add("--full-builds", type=int, default=3, help="full builds of each size")
    add("--memory-limit", default="", help="build once more with so much for DuckDB, as 2GiB")
    add("--folder", type=Path, default=Path("data/bench"), help="to work in")
    add("--json", type=Path, default=Path("data/bench.json"), help="all figures")
    add("--plot", type=Path, default=Path("data/bench.svg"), help="time and memory by events")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    folder, days = options.folder.absolute(), sorted(options.days)
    if folder.exists():
        sys.exit(f"{options.folder} exists: name another with --folder, or remove it.")
    folder.mkdir(parents=True)
    try:
        bench = Bench(folder, options)
        bench.simulate()
        sizes = [bench.measure(size) for size in days]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    growth = growth_of(sizes[0], sizes[-1]) if len(sizes) > 1 else {}
    figures = {
        "machine": {"processors": os.cpu_count(), "system": platform.platform()},
        "versions": {"python": platform.python_version(), "duckdb": duckdb.__version__},
        "tasks": options.tasks,
        "sizes": [asdict(size) for size in sizes],
        "growth": growth,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    plot(figures["sizes"], options.plot)
    print(*table(sizes, growth), f"Figures: {options.json}, {options.plot}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
