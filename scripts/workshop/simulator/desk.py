"""An agent's working day: shift, breaks, activities, and when tasks can be offered."""

from __future__ import annotations

from workshop.simulator.centre import AVAILABLE, DAY_MS, OFFLINE, UNAVAILABLE, Worker, mix

MINUTE = 60_000


class Desk:
    """One worker on one day. Calls occupy all of the agent, messages one of three slots."""

    __slots__ = ("worker", "shift", "slots", "plan", "changes", "version", "last_offer", "log",
                 "until", "odd")

    def __init__(self, worker: Worker, day: int, log, until: int, odd: float) -> None:
        """``log(desk, kind, at, activity, previous, since, lost)`` is called for every worker event."""
        self.worker, self.log, self.until, self.odd = worker, log, until, odd
        self.shift = worker.shift(day)
        self.version = (day + 1) * 500
        since = worker.offline_since(day)
        self.changes = [(since, OFFLINE)]
        self.slots: list[int] = []
        self.plan: list[tuple[int, str, int]] = []
        if self.shift is None:
            return
        start, end = self.shift
        self.last_offer = end - 6 * MINUTE
        self.slots = [start] * (3 if worker.skill == "digital" else 1)
        if worker.joins_on == day:
            self.log(self, "worker.created", worker.created_at(), OFFLINE, None, None, False)
        if worker.index % 6 == 0:  # some sign on first and become available later
            self.change(start, UNAVAILABLE)
            self.change(start + 40_000 + worker.index, AVAILABLE)
            self.slots = [start + MINUTE] * len(self.slots)
        else:
            self.change(start, AVAILABLE)
        self._plan(mix(worker.account.number, 72, worker.index, day), start)

    def _plan(self, bits: int, start: int) -> None:
        minute = MINUTE
        plan = [(start + (75 + bits % 65) * minute, "Break", (9 + bits % 8) * minute),
                (start + (190 + (bits >> 9) % 110) * minute, "Lunch", (28 + bits % 15) * minute),
                (start + (345 + (bits >> 17) % 70) * minute, "Break", (8 + bits % 9) * minute)]
        if bits % 5 == 0:
            plan.append((start + (150 + bits % 30) * minute, "Training", 30 * minute))
        if bits % 7 == 0:  # pressed the same button again
            plan.append((start + (60 + bits % 30) * minute, AVAILABLE, 0))
        self.plan = [(at + (bits >> i) % 59_000, name, length and length + (bits >> i) % 47_000)
                     for i, (at, name, length) in enumerate(sorted(plan, reverse=True))]

    def change(self, at: int, activity: str, lost: bool = False) -> None:
        """Put the worker into an activity; ``lost`` if that event never arrives."""
        since, previous = self.changes[-1]
        self.changes.append((at, activity))
        self.log(self, "worker.activity.update", at, activity, previous, since, lost)

    def state_at(self, at: int) -> tuple[int, str]:
        """Return worker version and activity name at a moment of the day."""
        changes, index = self.changes, len(self.changes) - 1
        while index and changes[index][0] > at:
            index -= 1
        return self.version + index, changes[index][1]

    def ready(self, now: int) -> int | None:
        """Return the first moment from ``now`` on at which a task can be offered, if any."""
        at = max(now, min(self.slots))
        while self.plan and self.plan[-1][0] <= at:
            at = max(at, self._pause())
        return at if at < self.last_offer else None

    def _pause(self) -> int:
        planned, activity, length = self.plan.pop()
        start = max(planned, max(self.slots), self.changes[-1][0] + 1)
        end = start + length
        if end > self.last_offer - MINUTE:
            return start
        # now and then the update into the break is lost; the next one mentions it
        lost = (length > 0 and end < self.until and self.odd > 0 and len(self.changes) > 2
                and mix(start, length) % 1000 < self.odd * 1000)
        self.change(start, activity, lost)
        if length:
            self.change(end, AVAILABLE)
        self.slots = [end] * len(self.slots)
        return end

    def take(self, at: int) -> int:
        """Occupy the slot that is free at ``at``; return its number."""
        slots = self.slots
        for number, free in enumerate(slots):
            if free <= at:
                slots[number] = at + DAY_MS
                return number
        raise AssertionError("a task was offered to an agent who is busy")

    def release(self, slot: int, at: int) -> None:
        """Free a slot from ``at`` on."""
        self.slots[slot] = at

    def miss(self, slot: int, at: int, pause: int) -> None:
        """Miss an offer: an agent on calls is then set to Unavailable for ``pause`` ms."""
        self.slots[slot] = at
        back = at + pause
        if len(self.slots) == 1 and back < self.last_offer:
            self.change(at, UNAVAILABLE)
            self.change(back, AVAILABLE)
            self.slots[slot] = back

    def close(self) -> None:
        """Do what is left of the plan and end the shift."""
        if self.shift is None:
            return
        end = self.shift[1]
        while self.plan and self.plan[-1][0] < self.last_offer:
            if max(self.slots) >= self.last_offer:
                break
            self._pause()
        self.change(end, OFFLINE)
        if self.worker.leaves_on == (end - self.worker.account.start) // DAY_MS:
            self.log(self, "worker.deleted", end + 5 * MINUTE, OFFLINE, OFFLINE, end, False)
