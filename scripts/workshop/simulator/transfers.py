"""Transfers of calls: cold or warm, to an agent or a queue, accepted or not."""

from __future__ import annotations

from math import log

from workshop.simulator.desk import Desk
from workshop.simulator.offering import Offering
from workshop.simulator.story import Offer, Task, Transfer, Visit


class Transfers(Offering):
    """The transfers of a day."""

    def _transfer(self, task: Task, by: Offer, at: int, wrap: float, depth: int = 1) -> bool:
        """Agent ``by`` transfers the call at ``at``. Return whether that ends the story."""
        r = self.r
        mode = "COLD" if r() < 0.5 else "WARM"
        to_queue = r() < 0.5
        queue = self.account.queues[self._pick(("Support Tier 2", "Billing", "Sales", "Everyone"))]
        desk, ready = self._find(queue, at)
        if desk is None or (not to_queue and ready > at):
            return False
        target = queue.sid if to_queue else desk.worker.sid
        kind = "QUEUE" if to_queue else "WORKER"
        transfer = Transfer(self._sid("TT"), kind, mode, target, by, at)
        by.transfer = transfer
        self._connect(task, by)
        if r() < 0.4:
            task.update(at - 500, {"outcome": self._pick(("Escalated", "Transferred")),
                                   "conversation_attribute_2": self._pick(("Línea 1", "Line 2"))})
        visit = Visit(queue if to_queue else task.visits[-1].queue, at, transfer)
        visit.entered = at + int(r() * 30) if to_queue else task.visits[-1].entered
        task.visits.append(visit)
        if mode == "COLD":
            by.wrapup = at + int(r() * 200)
            by.ended = by.wrapup + self._length(wrap)
            by.desk.release(by.slot, by.ended + 1500)
        give_up = at + 3000 + int(-log(1 - r()) * (60_000 if r() < 0.85 else 4000))
        if to_queue:
            offer = self._wait(task, visit, give_up, since=visit.entered + 5)
        else:
            offer = self._ring_agent(visit, transfer, desk, at, give_up)
        if offer is None:
            self._refused(task, visit, give_up, wrap)
        else:
            self._handed_over(task, transfer, offer, wrap, depth)
        return True

    def _ring_agent(self, visit: Visit, transfer: Transfer, desk: Desk, at: int, give_up: int):
        """Offer a transfer to one agent, twice at most. Return the accepted offer or None.

        If None, ``visit.ended`` is when the last attempt failed, or None if the customer (or the
        agent who transfers) gave up first.
        """
        r = self.r
        now = at + 200 + int(r() * 500)
        for attempt in (1, 2):
            ready = desk.ready(now)
            if ready is None or now + 600 >= give_up:
                break
            now = max(now, ready)
            if now + 600 >= give_up:
                break
            offer = self._offer(visit, desk, now)
            over = now + 800 + int(r() * 9000)
            fate = r()
            if fate < 0.7:
                if over >= give_up:
                    self._refuse(offer, "canceled", give_up)
                    return None
                return self._accept(visit, offer, over)
            outcome = "timeout" if fate < 0.85 else "rejected"
            over = now + 20_000 if outcome == "timeout" else over
            if over >= give_up:
                self._refuse(offer, "canceled", give_up)
                return None
            self._refuse(offer, outcome, over, 20_000)
            if attempt == 2 or r() < 0.5:
                visit.ended = over + 1 + int(r() * 60)
                return None
            transfer.attempts.append(over + int(r() * 3))
            now = over + 1000
        return None

    def _refused(self, task: Task, visit: Visit, at: int, wrap: float) -> None:
        """Nobody accepted the transfer: the offers failed, or somebody gave up at ``at``."""
        r, transfer = self.r, visit.transfer
        by, failed = transfer.by, visit.ended is not None
        if transfer.mode == "COLD":
            if failed:
                visit.end = "failed"
                transfer.ended, transfer.status = visit.ended, "failed"
                task.ended = visit.ended + 40 + int(r() * 300)
                task.end, task.reason = "canceled", "Transfer failed"
            else:
                self._give_up(task, at)
            return
        if failed or r() < 0.6:  # the first agent has the caller back
            visit.ended = visit.ended or at
            visit.end, status = ("failed", "failed") if failed else ("taken back", "canceled")
            transfer.ended, transfer.status = visit.ended, status
            self._finish(task, by, visit.ended + self._length(60), self._length(wrap))
        else:  # the caller hung up while the agents were trying
            visit.ended, visit.end = at + 3, "failed"
            transfer.ended, transfer.status, transfer.failed_reason = at + 3, "failed", "hangup"
            by.wrapup = at
            by.ended = at + self._length(wrap)
            task.wrapup = at + 4
            task.ended = max(o.ended or 0 for o in task.offers()) + 2
            task.end, task.reason = "completed", "hangup"
            by.desk.release(by.slot, by.ended + 1500)
        self._note(task, by)

    def _handed_over(self, task: Task, transfer: Transfer, offer: Offer, wrap: float,
                     depth: int) -> None:
        """The second agent has accepted."""
        r, by = self.r, transfer.by
        transfer.ended, transfer.status = offer.accepted + int(r() * 40), "completed"
        if transfer.mode == "WARM":
            by.wrapup = offer.accepted + 2000 + int(r() * 40_000)
            by.ended = by.wrapup + self._length(wrap)
            by.desk.release(by.slot, by.ended + 1500)
        until = max(offer.accepted + self._length(150), by.wrapup + 1000)
        if depth < 3 and r() < 0.25 and self._transfer(task, offer, until, wrap, depth + 1):
            return
        self._finish(task, offer, until, self._length(wrap))
        self._after(task, offer)
