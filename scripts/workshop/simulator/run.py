"""Run a simulation: every day of an account is a unit of work, distributed over processes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timezone
from multiprocessing import get_context
from pathlib import Path
from random import Random

from workshop.simulator.centre import DAY_MS, Account
from workshop.simulator.day import Day
from workshop.simulator.emit import Emitter
from workshop.simulator.output import Outbox
from workshop.simulator.truth import NoTruth, Truth, finish, start_afresh


@dataclass(frozen=True)
class Settings:
    """Everything that determines the result (and, with ``processes``, the speed)."""

    out: Path
    truth: Path | None = None
    seed: int = 1
    days: int = 1
    tasks_per_day: int = 2000
    agents: int = 40
    accounts: int = 1
    form: str = "mixed"
    packaging: str = "lines"
    odd: float = 0.0
    missing: frozenset[str] = frozenset()
    pack: str = ""  # gz, zst, or both: webhooks gz, the rest zst
    start: date = date(2026, 3, 2)
    until: float = 18.5  # hour of the last day at which collecting stops
    same_sids: bool = False
    processes: int = os.cpu_count() or 1

    def account(self, index: int) -> Account:
        """Return an account; the first is the main one, the others have a tenth of its work."""
        share = 1.0 if index == 0 or self.same_sids else 0.1
        start = int(datetime(self.start.year, self.start.month, self.start.day,
                             tzinfo=timezone.utc).timestamp()) * 1000
        return Account(self.seed, index, max(2, int(self.agents * share)), self.days,
                       max(50, int(self.tasks_per_day * 6 * share)), start, self.same_sids)

    def tasks(self, index: int, day: int) -> int:
        """Return how many customers contact an account on a day (half as many on weekends)."""
        share = 1.0 if index == 0 or self.same_sids else 0.1
        weekend = (self.start.weekday() + day) % 7 > 4
        return max(1, int(self.tasks_per_day * share * (0.35 if weekend else 1)))


_accounts: dict[tuple, Account] = {}


def play(work: tuple[Settings, int, int]) -> Counter[tuple[str, str]]:
    """Simulate one account and day; return the number of events by form and type."""
    settings, index, day = work
    account = _accounts.get((settings, index))
    if account is None:
        account = _accounts[settings, index] = settings.account(index)
    until = account.start + (settings.days - 1) * DAY_MS + int(settings.until * 3_600_000)
    name = f"{account.sid[:10]}_{date.fromordinal(settings.start.toordinal() + day)}"
    outbox = Outbox(settings.out, account, name, settings.form, settings.pack, settings.packaging,
                    Random(f"out/{settings.seed}/{index}/{day}"), settings.odd)
    truth = (Truth(settings.truth, account, name, settings.missing) if settings.truth
             else NoTruth())
    # Separate random numbers, so that the same seed gives the same story in every form
    emitter = Emitter(account, Random(f"events/{settings.seed}/{account.number}/{day}"),
                      outbox.send, until, settings.missing)
    Day(account, day, settings.seed, settings.tasks(index, day), until, emitter, truth,
        settings.odd, settings.missing, day == settings.days - 1).play(outbox.flush)
    outbox.close()
    truth.close()
    return outbox.counts


def simulate(settings: Settings, tell=lambda text: None) -> Counter[tuple[str, str]]:
    """Write all events (and the truth); return the number of events by form and type.

    ``tell`` is called now and then with a line on the progress.
    """
    work = [(settings, index, day) for day in range(settings.days)
            for index in range(settings.accounts)]
    counts: Counter[tuple[str, str]] = Counter()
    processes = min(settings.processes, len(work))
    if settings.truth:
        start_afresh(settings.truth)
    pool = get_context("spawn").Pool(processes) if processes > 1 else None
    for number, result in enumerate(pool.imap_unordered(play, work) if pool else map(play, work)):
        counts.update(result)
        tell(f"Simulated {number + 1} of {len(work)} days")
    if pool:
        pool.close()
        pool.join()
    if settings.truth:
        tell("Writing the truth")
        finish(settings.truth)
    return counts
