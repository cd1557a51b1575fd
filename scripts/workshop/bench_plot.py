"""Plots what `make bench` measured: time and memory of full builds by number of events."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402


def plot(sizes: list[dict], path: Path) -> None:
    """Writes an SVG of the sizes in the JSON file of the benchmark."""
    events = [size["events"] / 1e6 for size in sizes]
    figure, (times, memory) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for name, label in (
        ("full", "full build"), ("one_more_day", "one more day"), ("nothing_new", "nothing new"),
    ):
        times.plot(events, [size[name]["total"] for size in sizes], marker="o", label=label)
        memory.plot(events, [size[name]["memory"] / 1e9 for size in sizes], marker="o", label=label)
    yardstick = [size["yardstick"] for size in sizes]
    times.plot(events, yardstick, marker="o", linestyle=":", label="yardstick: only reading")
    for axes, unit in ((times, "seconds"), (memory, "gigabytes of the largest process")):
        axes.set(xlabel="million events", ylabel=unit, xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    # without the date, the same figures make the same file
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
