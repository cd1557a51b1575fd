"""Calls: inbound, from the dialpad, previewed, internal, callbacks, from the menu."""

from __future__ import annotations

from math import log

from workshop.simulator.desk import Desk
from workshop.simulator.offering import MINUTE
from workshop.simulator.people import internal_root, outbound_root, some_overrides, voice_root
from workshop.simulator.story import Conversation, Offer, Task
from workshop.simulator.transfers import Transfers


class Calls(Transfers):
    """The calls of a day."""

    def _talk(self, task: Task, offer: Offer, median: float, wrap: float) -> None:
        """Two people talk; then the task ends or is transferred."""
        until = offer.accepted + self._length(median)
        if task.channel == "voice" and self.r() < 0.11:
            if self._transfer(task, offer, until, wrap):
                return
        self._finish(task, offer, until, self._length(wrap, 0.8))
        self._after(task, offer)

    def _inbound(self, at: int) -> Conversation:
        customer, r = self._customer(), self.r
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        conversations, customers = None, customer.crm
        if r() < 0.04:
            conversations = some_overrides(self)
            if customers is None and r() < 0.3:
                customers = {"email": customer.email, "name": customer.name}
        return self._call(at, root, conversations, customers)

    def _requeued(self, at: int) -> Conversation:
        """A call that leaves its queue and comes back as a second task."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        first = self._task("voice", "Inbound Voice", at, "Support", root, None, customer.crm)
        leave = first.visits[0].started + 8000 + int(r() * 40_000)
        self._give_up(first, leave, "redirected")
        second = self._call(leave + 900 + int(r() * 20_000), root, None, customer.crm)
        return Conversation(self.account, first.sid, [first, *second.tasks])

    def _case(self, at: int) -> Conversation:
        """Two calls, some time apart, with a conversation id supplied by the implementer."""
        r, customer, tasks = self.r, self._customer(), []
        given = {"conversation_id": f"case-{self.bits(40):010x}", "case": "Same matter"}
        for _ in range(2):
            root = voice_root(self, customer)
            root["call_sid"] = self._sid("CA")
            tasks += self._call(at, root, given, customer.crm).tasks
            at = max(at, tasks[-1].ended or at) + 60_000 + int(r() * 1_800_000)
        return Conversation(self.account, given["conversation_id"], tasks)

    def _call(self, at: int, root: dict, conversations, customers) -> Conversation:
        """An inbound call from queue to end."""
        r = self.r
        queue = self._pick(("Sales", "Support", "Support", "Billing", "Atención al cliente"))
        task = self._task("voice", "Inbound Voice", at, queue, root, conversations, customers)
        visit = task.visits[0]
        patience = 1500 + int(-log(1 - r()) * 540_000)
        if r() < 0.02:
            patience = 300 + int(r() * 4000)  # a short abandon
        overflow = None
        if r() < 0.35:
            overflow = (visit.started + 45_000 + int(r() * 200),
                        self.account.queues[self._pick(("Everyone", "Support Tier 2"))])
        offer = self._wait(task, visit, visit.started + patience, overflow)
        if offer is None:
            self._give_up(task, visit.started + patience)
        else:
            self._talk(task, offer, 210, 24)
        self._late_update(task)
        return Conversation(self.account, task.sid, [task])

    def _agent_now(self, queue: str, at: int) -> tuple[Desk | None, int]:
        desk, ready = self._find(self.account.queues[queue], at)
        return (desk, ready) if desk and ready < at + 10 * MINUTE else (None, at)

    def _placed(self, at: int, root, conversations, customers, desk: Desk, median: float,
                channel: str = "voice"):
        """A call (or message) that an agent places: a task for that agent alone."""
        r = self.r
        queue = "Everyone" if channel == "voice" else "Messaging"
        task = self._task(channel, "Assign to Anyone", at, queue, root, conversations, customers)
        task.target = desk.worker.sid
        visit = task.visits[0]
        offer = self._offer(visit, desk, at + 5 + int(r() * 150))
        self._accept(visit, offer, offer.offered + 300 + int(r() * 2500))
        self._finish(task, offer, offer.accepted + self._length(median, 0.9), self._length(20))
        self._after(task, offer)
        self._late_update(task)
        return Conversation(self.account, task.sid, [task])

    def _dialpad(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        root = outbound_root(self, self._customer())
        if self.r() < 0.2:
            del root["direction"]
        return self._placed(at, root, None, None, desk, 120)

    def _preview(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        customer = self._customer()
        root = outbound_root(self, customer)
        return self._placed(at, root, {"initiated_by": "Dialer", "campaign": "Renewals",
                                       "case": f"R-{customer.index}"}, customer.crm, desk, 150)

    def _internal(self, at: int) -> Conversation:
        desk, at = self._agent_now("Everyone", at)
        if desk is None:
            return self._inbound(at)
        callers = [d.worker for d in self.on_shift["Everyone"] if d is not desk]
        if not callers:
            return self._inbound(at)
        return self._placed(at, internal_root(self._pick(callers), desk.worker), None, None,
                            desk, 60)

    def _callback(self, at: int) -> Conversation:
        """The caller asks for a callback, which is a second task under the first one's id."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        root["call_sid"] = self._sid("CA")
        first = self._task("voice", "Inbound Voice", at, "Support", root, None, customer.crm)
        leave = first.visits[0].started + 20_000 + int(r() * 60_000)
        first.update(leave - 700, {"abandoned": "Follow-Up", "abandoned_phase": "Callback Request"})
        self._give_up(first, leave, "Callback requested")
        conversation = Conversation(self.account, first.sid, [first])
        desk, later = self._agent_now("Everyone", leave + 60_000 + int(r() * 1_200_000))
        if desk is None:
            return conversation
        second = self._placed(later, outbound_root(self, customer),
                              {"conversation_id": first.sid, "source": "Callback"}, customer.crm,
                              desk, 150).tasks[0]
        conversation.tasks.append(second)
        return conversation

    def _ivr(self, at: int) -> Conversation:
        """A virtual task stands for the time in the menu; then the call waits for an agent."""
        r, customer = self.r, self._customer()
        root = voice_root(self, customer)
        call = root["call_sid"] = self._sid("CA")
        task = self._task("voice", "IVR Reporting", at, "IVR", {"from": root["from"]},
                          {"conversation_id": call, "virtual": "Yes", "abandoned": "Yes",
                           "abandoned_phase": "IVR", "communication_channel": "IVR",
                           "IVR_time_start": at})
        leave = at + 6000 + int(r() * 70_000)
        visit = task.visits[0]
        visit.ended = task.ended = leave
        visit.end = task.end = "completed"
        task.reason = "IVR task"
        conversation = Conversation(self.account, call, [task])
        if r() < 0.75:
            task.update(leave - 300, {"abandoned": "No", "abandoned_phase": None, "queue_time": 0,
                                      "ivr_time": (leave - at) // 1000,
                                      "ivr_path": self._pick(("1 > 3", "2", "1 > 1 > 9"))})
            agent = self._call(leave + 800, root, None, customer.crm)
            conversation.tasks += agent.tasks
        return conversation
