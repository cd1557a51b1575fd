"""Neutral events → files in the three forms in which TaskRouter events arrive."""

import json
from collections import defaultdict
from datetime import datetime, timezone

FORMS = ("webhook", "rest", "event_streams")
DATE_FIELDS = {"task_queue_entered_date", "task_date_created"}


def iso(ms):
    """Epoch milliseconds → ISO text in UTC with milliseconds."""
    moment = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def pascal(field):
    """task_queue_name → TaskQueueName."""
    return "".join(part.capitalize() for part in field.split("_"))


def resource_sid(event):
    fields = event["fields"]
    own = {"reservation": "reservation_sid", "worker": "worker_sid", "taskqueue": "task_queue_sid"}
    return fields.get(own.get(event["resource"], "task_sid"), "")


def as_text(field, value):
    return str(value // 1000) if field in DATE_FIELDS and isinstance(value, int) else str(value)


def as_webhook(event):
    """One flat PascalCase object, every value a string."""
    flat = {pascal(field): as_text(field, value) for field, value in event["fields"].items()}
    return {
        "EventType": event["type"],
        "Sid": event["id"],
        "AccountSid": event["account"],
        "Timestamp": str(event["ms"] // 1000),
        "TimestampMs": str(event["ms"]),
        "ResourceType": event["resource"],
        "ResourceSid": resource_sid(event),
        "EventDescription": f"{event['resource']} {event['type']}",
        **flat,
    }


def as_rest(event):
    """REST envelope with event_data of strings."""
    return {
        "sid": event["id"],
        "event_type": event["type"],
        "event_date": iso(event["ms"])[:-5] + "Z",
        "event_date_ms": event["ms"],
        "account_sid": event["account"],
        "workspace_sid": event["fields"].get("workspace_sid", ""),
        "actor_type": "workspace",
        "description": event["type"],
        "resource_type": event["resource"],
        "resource_sid": resource_sid(event),
        "source": "twilio",
        "event_data": {field: as_text(field, v) for field, v in event["fields"].items()},
    }


def as_event_streams(event):
    """CloudEvents envelope; the payload has real numbers and ISO times."""
    payload = {
        field: iso(value) if field in DATE_FIELDS and isinstance(value, int) else value
        for field, value in event["fields"].items()
    }
    payload |= {
        "sid": event["id"],
        "eventtype": event["type"],
        "account_sid": event["account"],
        "timestamp": iso(event["ms"]),
        "resource_type": event["resource"],
        "resource_sid": resource_sid(event),
    }
    return {
        "specversion": "1.0",
        "type": f"com.twilio.taskrouter.{event['type']}",
        "id": "NO" + event["id"][2:],
        "time": iso(event["ms"]),
        "datacontenttype": "application/json",
        "data": {"payload_type": "application/json", "payload": payload},
    }


def write_events(events, folder):
    """Write neutral events, each in its ``form``, in no helpful order, one file a form."""
    folder.mkdir(parents=True, exist_ok=True)
    by_form = defaultdict(list)
    for event in sorted(events, key=lambda event: (event["id"], event["type"])):
        by_form[event["form"]].append(event)

    def text(value):
        return json.dumps(value, ensure_ascii=False)

    def batches(form, size):
        rows = by_form[form]
        return [rows[i : i + size] for i in range(0, len(rows), size)]

    lines = [text(as_webhook(event)) for event in by_form["webhook"]]
    pages = [text({"events": [as_rest(e) for e in p], "meta": {}}) for p in batches("rest", 50)]
    arrays = [text([as_event_streams(e) for e in b]) for b in batches("event_streams", 7)]
    for name, rows in (("webhook", lines), ("rest", pages), ("event_streams", arrays)):
        (folder / f"{name}.jsonl").write_text("".join(f"{r}\n" for r in rows), encoding="utf-8")
