#!/usr/bin/env python3
"""Simulate the TaskRouter events of contact centres, and write down what really happened.

The same arguments give the same bytes. See ``--help``; the tables of the truth are described in
``scripts/workshop/simulator/truth.py``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

from flex_insights.progress import Progress
from workshop.simulator.run import Settings, simulate

SAMPLE = Settings(out=ROOT / "sample" / "events", seed=2026, days=1, tasks_per_day=1750, agents=36,
                  accounts=2, form="mixed", packaging="real", odd=0.01, pack="both", processes=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--sample", action="store_true",
        help="write the sample that ships with the project (other options than --out and --truth are ignored)")
    add("--out", type=Path, help="folder for the event files")
    add("--truth", type=Path, help="folder for the truth (Parquet)")
    add("--seed", type=int, default=Settings.seed)
    add("--days", type=int, default=Settings.days)
    add("--tasks-per-day", type=int, default=Settings.tasks_per_day, help="of the first account")
    add("--agents", type=int, default=None, help="of the first account (default: follows from the tasks)")
    add("--accounts", type=int, default=Settings.accounts,
        help="the second and later ones have a tenth of the first one's tasks and agents")
    add("--form", choices=("webhook", "rest", "event_streams", "mixed"), default=Settings.form)
    add("--packaging", choices=("lines", "real"), default=Settings.packaging,
        help="one event per line, or also pages (REST) and batches (Event Streams)")
    add("--odd", type=float, default=Settings.odd, help="share of events that are odd in some way (0..1)")
    add("--missing", default="", help="event types to leave out, comma-separated")
    add("--gzip", dest="pack", action="store_const", const="gz", default="", help="pack the files")
    add("--zstd", dest="pack", action="store_const", const="zst", help="compress with Zstandard")
    add("--start", type=date.fromisoformat, default=Settings.start, help="the first day")
    add("--until", type=float, default=Settings.until,
        help="hour (UTC) of the last day at which collecting stops")
    add("--same-sids", action="store_true", help="all accounts have the same story and SIDs")
    add("--processes", type=int, default=Settings.processes)
    return parser


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the settings that the options ask for."""
    given = vars(options)
    if given.pop("sample"):
        chosen = {"out": given["out"] or SAMPLE.out, "truth": given["truth"]}
        return Settings(**{f.name: getattr(SAMPLE, f.name) for f in fields(Settings)} | chosen)
    if given["agents"] is None:
        given["agents"] = max(4, given["tasks_per_day"] // 40)
    given["missing"] = frozenset(filter(None, given["missing"].split(",")))
    return Settings(**given)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.out is None and not options.sample:
        parser.error("name a folder for the events: --out FOLDER")
    if not 0 <= options.odd <= 1:
        parser.error("--odd must be between 0 and 1")
    settings = settings_from(options)
    progress = Progress()
    counts = simulate(settings, progress)
    progress.done()
    print(f"{sum(counts.values()):,} events in {settings.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
