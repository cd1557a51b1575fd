"""A small contact centre whose events say secrets wherever there is room for one."""

import json
from datetime import datetime, timezone

from loading_support import rest, stream, webhook

HEALTH = "AC" + "a" * 32  # under HIPAA
TRADE = "AC" + "b" * 32
WORKER = "WK" + "c" * 32
FORMS = {"webhook": webhook, "rest": rest, "event_streams": stream}
START = 1_767_258_000_000  # 2026-01-01T09:00:00Z
DAY = 86_400_000
TYPES = (
    ("task-queue.entered", 0, {}),
    ("task.created", 0, {}),
    ("reservation.created", 5, {"reservation": True}),
    ("reservation.accepted", 9, {"reservation": True}),
    ("reservation.wrapup", 60, {"reservation": True}),
    ("reservation.completed", 70, {"reservation": True}),
    ("task.completed", 70, {}),
)


class Centre:
    """Makes events; every event has an id of its own, the same in each form."""

    def __init__(self):
        self.number = 0

    def event(self, form, account, kind, at, event_fields, **more):
        self.number += 1
        sid = f"EV{self.number:032x}"
        fields = {"workspace_sid": "WS" + "d" * 32, **event_fields}
        texts = {
            name: json.dumps(value) if isinstance(value, (dict, list)) else value
            for name, value in fields.items()
        }
        if form == "webhook":
            pascal = {"".join(w.capitalize() for w in k.split("_")): v for k, v in texts.items()}
            return webhook(
                self.number, AccountSid=account, Sid=sid, EventType=kind, TimestampMs=str(at),
                TaskSid=None, TaskAttributes=None, WorkspaceSid=None,
            ) | pascal | more
        if form == "rest":
            event = rest(self.number, account_sid=account, sid=sid, event_type=kind)
            return event | {"event_date_ms": str(at), "event_data": texts | more}
        moment = f"{iso(at)}Z"
        payload = {"worker_sid": None, "worker_time_in_previous_activity": None} | texts | more
        event = stream(
            self.number, account_sid=account, sid=sid, eventtype=kind, timestamp=moment, **payload
        )
        return event | {"type": f"com.twilio.taskrouter.{kind}", "time": moment}

    def call(self, form, account, task, attributes, at=START, **more):
        """A call that is offered, answered and done."""
        events = []
        for kind, seconds, what in TYPES:
            fields = {
                "task_sid": sid_of("WT", task),
                "task_attributes": attributes,
                "task_channel_unique_name": "voice",
                "task_queue_sid": sid_of("WQ", "support"),
                "task_queue_name": "Support",
            }
            if what:
                fields |= {
                    "reservation_sid": sid_of("WR", task),
                    "worker_sid": WORKER,
                    "worker_name": "alice",
                    "worker_attributes": {"full_name": "Alice Agent"},
                }
            events.append(self.event(form, account, kind, at + 1000 * seconds, fields, **more))
        return events

    def activity(self, account, name, previous, at, length):
        fields = {
            "worker_sid": WORKER,
            "worker_name": "alice",
            "worker_activity_name": name,
            "worker_previous_activity_name": previous,
            "worker_time_in_previous_activity_ms": str(length),
        }
        return self.event("webhook", account, "worker.activity.update", at, fields)


def sid_of(prefix, name):
    return prefix + name.encode().hex().ljust(32, "0")[:32]


def iso(milliseconds):
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}"
