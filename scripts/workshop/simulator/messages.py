"""Messages: web chat, SMS, WhatsApp, e-mail, with and without Flex Conversations."""

from __future__ import annotations

from math import log

from workshop.simulator.calls import Calls
from workshop.simulator.people import chat_root
from workshop.simulator.story import Conversation, Offer, Task


class Messages(Calls):
    """The messages of a day."""

    def _web(self, at: int) -> Conversation:
        return self._message(at, "web", "chat", "Chat")

    def _sms(self, at: int) -> Conversation:
        return self._message(at, "sms", "sms", "Messaging")

    def _whatsapp(self, at: int) -> Conversation:
        return self._message(at, "whatsapp", "chat", "Messaging")

    def _email(self, at: int) -> Conversation:
        return self._message(at, "email", "email", "E-mail")

    def _message(self, at: int, kind: str, channel: str, queue: str) -> Conversation:
        """A chat through Flex Conversations, sometimes transferred to another agent."""
        r, customer = self.r, self._customer()
        interaction = self._sid("KD")
        root, conversations, customers = chat_root(self, customer, kind, interaction)
        task = self._task(channel, "Digital Channels", at, queue, root, conversations, customers)
        conversation = Conversation(self.account, interaction, [task])
        last = self._chat(task)
        while last and task.end == "completed" and r() < 0.13:
            handed = (last.wrapup or last.ended) + 10 + int(r() * 400)
            root = dict(root, transfer_sid=self._sid("TT"), previous_task_sid=task.sid,
                        flexChannelInviteSid=self._sid("KG"))
            if r() < 0.8:
                root["transferTargetType"] = "queue" if r() < 0.5 else "worker"
            before = task
            task = self._task(channel, "Digital Channels", handed, queue, root, conversations,
                              customers)
            task.previous = before
            last = self._chat(task)
            conversation.tasks.append(task)
        return conversation

    def _chat(self, task: Task) -> Offer | None:
        r, visit = self.r, task.visits[0]
        usual = 4_000_000 if task.channel == "email" else 400_000
        patience = 20_000 + int(-log(1 - r()) * usual)
        offer = self._wait(task, visit, visit.started + patience)
        if offer is None:
            self._give_up(task, visit.started + patience, self._pick(("Customer left", "hangup")))
            return None
        self._finish(task, offer, offer.accepted + self._length(420, 0.8), self._length(15))
        self._after(task, offer)
        self._late_update(task)
        return offer

    def _plain_chat(self, at: int) -> Conversation:
        """Messages without an interaction, on a custom channel."""
        root = {"from": self._customer().name, "channelType": "web", "initiatedBy": "customer"}
        task = self._task("default", "Digital Channels", at, "Chat", root)
        self._chat(task)
        return Conversation(self.account, task.sid, [task])

    def _outbound_sms(self, at: int) -> Conversation:
        desk, at = self._agent_now("Messaging", at)
        if desk is None:
            return self._sms(at)
        customer = self._customer()
        root = {"customerAddress": customer.phone, "customerName": customer.name,
                "conversationSid": self._sid("CH"), "channelType": "sms",
                "flexChannelInviteSid": self._sid("KG"),
                "flexInteractionChannelSid": self._sid("UO"),
                "initiatedBy": "agent", "direction": "outbound"}
        conversations = {"initiated_by": "Agent", "communication_channel": "Sms",
                         "media": [{"conversation_sid": root["conversationSid"]}],
                         "direction": "Outbound"}
        return self._placed(at, root, conversations, None, desk, 400, "sms")
