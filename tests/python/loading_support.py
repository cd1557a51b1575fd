"""Events of all three forms, and what a load made of them."""

import json

import duckdb

from flex_insights.load_events import load_events

ACCOUNT = "AC" + "1" * 32


def webhook(number, **changes):
    """A webhook callback; `changes` replace keys, None removes one."""
    return _changed(
        {
            "AccountSid": ACCOUNT,
            "Sid": f"EV{number:032x}",
            "EventType": "task.created",
            "TimestampMs": str(1700000000000 + number),
            "WorkspaceSid": "WS" + "2" * 32,
            "TaskSid": f"WT{number:032x}",
            "TaskAttributes": '{"from":"+15005550006","name":"Zo\\u00eb \\/ ✓"}',
        },
        changes,
    )


def rest(number, **changes):
    """An event of the REST API."""
    return _changed(
        {
            "account_sid": ACCOUNT,
            "sid": f"EV{number:032x}",
            "event_type": "reservation.accepted",
            "event_date": "2023-11-14T22:13:20Z",
            "event_date_ms": str(1700000000000 + number),
            "event_data": {
                "task_sid": f"WT{number:032x}",
                "reservation_sid": f"WR{number:032x}",
                "task_attributes": "{}",
            },
            "workspace_sid": "WS" + "2" * 32,
        },
        changes,
    )


def stream(number, **changes):
    """An Event Streams event; `changes` are of its payload."""
    payload = {
        "sid": f"EV{number:032x}",
        "eventtype": "worker.activity.update",
        "account_sid": ACCOUNT,
        "workspace_sid": "WS" + "2" * 32,
        "timestamp": "2023-11-14T22:13:20.123Z",
        "worker_sid": f"WK{number:032x}",
        "worker_time_in_previous_activity": 12,
    }
    return {
        "specversion": "1.0",
        "type": "com.twilio.taskrouter.worker.activity.update",
        "id": f"NO{number:032x}",
        "time": "2023-11-14T22:13:20.123Z",
        "data": {"name": "Irregular", "payload": _changed(payload, changes)},
    }


def _changed(event, changes):
    return {key: value for key, value in (event | changes).items() if value is not None}


def lines(*events):
    """Events (or texts) as bytes, one a line."""
    return "".join(text_of(event) + "\n" for event in events).encode()


def text_of(event):
    return event if isinstance(event, str) else json.dumps(event)


def load(folder, files=None, **settings):
    """Writes files (name → bytes) to folder/events, loads that into folder/data."""
    events = folder / "events"
    events.mkdir(exist_ok=True)
    for name, content in (files or {}).items():
        (events / name).parent.mkdir(parents=True, exist_ok=True)
        (events / name).write_bytes(content)
    return load_events(str(events), folder / "data", **settings)


def landed(folder, columns="event", order="load_id, source_file, position, element"):
    """Rows of the landing zone; of a single column its values."""
    return _select(f"{folder}/data/raw/**/*.parquet", columns, order)


def rejected(folder, columns="position, reason", order="load_id, source_file, position, text"):
    """Rows of the rejects."""
    return _select(f"{folder}/data/rejected/*.parquet", columns, order)


def _select(files, columns, order):
    rows = duckdb.sql(
        f"select {columns} from read_parquet('{files}', hive_partitioning = false) order by {order}"
    ).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]
