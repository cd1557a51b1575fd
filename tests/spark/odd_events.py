"""Events with attributes and times that JSON readers disagree about, for both engines to agree on."""

import json

from shapes import files_of

SPELLED_OTHERWISE = (
    *("event_data text", "camel", "camel, text", "data text", "payload text"),
    *("data and payload text", "payload text at the top"),
)
ODD_TEXTS = (
    r'{"conversations": {"outcome": "a\/b\u00e9\ud83d\ude00\n\"\\"}}',
    r'{"conversations": {"outcome": "first", "outcome": "second"}, "conversations": {"outcome": "third"}}',
    '{"conversations": {"outcome": 1.10, "case": 1e5, "campaign": 12345678.5, "content": 1e22}}',
    '{"conversations": {"outcome": "1.0E22", "case": 0.00001, "campaign": 1.0, "content": -0.0}}',
    '{"conversations": {"outcome": 123456789012345678901234567890, "priority": 1e400, "order": 1.5}}',
    '{"conversations": {"conversation_measure_1": "0x1F", "conversation_measure_2": " 1.5 ",'
    ' "conversation_measure_3": NaN, "conversation_measure_4": -2.5e-3, "talk_time": "2.5"}}',
    '{"conversations": {"media": [{"url" : "u", "n": [1.50, 1e5, 1e22, 0.00001]}], "segment_link": {"a": 1}}}',
    r'{"conversations": "{\"outcome\": \"told as text\"}", "customers": ["x"]}',
    '{"conversations": {"handling_team_id": "T", "handling_team_name_in_hierarchy": ["A", null, 1.50, {"b": 1}]}}',
    '{"conversations": {"handling_team_id": "T", "handling_team_name_in_hierarchy": "[not JSON"}}',
    '{"conversations": {"outcome": null, "abandoned": true, "virtual": "YES"},}',
    '{"conversations": {"outcome": "' + "👩‍👩‍👧é" * 60 + '"}}',
    r'{"conversations": {"outcome": "\ud800"}}',
    '{"conversations": {"outcome": "x"}} trailing',
    "{'conversations': {'outcome': 'x'}}",
    '{"customers": {"email": "ΟΔΥΣΣΕΥΣ@EXAMPLE.ORG", "year_of_birth": 1990.5, "acquisition_date": "2026-02-30"}}',
    '{"customers": {"email": "İB@example.org", "year_of_birth": "1991.5", "acquisition_date": "2026-02-28 x"}}',
    '{"customers": {"external_id": "+266696687\\n", "phone": "+15550001\\u000b", "acquisition_cost": "1d"}}',
    '{"direction": "outbound-dial", "channelType": "ßms", "initiatedBy": "éva", "to": "whatsapp:+1555"}',
    '[1]', '""', 'null', '', '   {}  ', 'no JSON',
)
ODD_TIMES = (
    "1772445600", "1772445600123", "2026-03-02T10:00:00.9999Z", "2026-03-02 10:00:00",
    "2026-03-08T02:30:00-05:00", "2026-03-02T24:00:00Z", "2026-03-29T01:30:00+0130",
)
ODD_VERSIONS = ("1", "2.5", " 3 ", "1e1", "", "x")


def write(folder):
    """A file of webhooks: a short story of a task for every odd text, time and version; and a file
    for every other spelling of an event."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(max(len(ODD_TEXTS), len(ODD_TIMES))):
        text = ODD_TEXTS[number % len(ODD_TEXTS)]
        for place, kind in enumerate((
            "task-queue.entered", "reservation.created", "reservation.accepted", "task.updated",
            "reservation.wrapup", "task.completed", "reservation.completed",
        )):
            event = {
                "EventType": kind, "Sid": f"EV{number:030}{place:02}", "AccountSid": "AC" + "0" * 32,
                "TaskSid": f"WT{number:032}", "TaskQueueSid": "WQ1", "TaskQueueName": "Q",
                "TaskChannelUniqueName": "voice" if number % 2 else "chat", "TaskAttributes": text,
                "TaskVersion": ODD_VERSIONS[(number + place) % len(ODD_VERSIONS)],
                "TaskQueueEnteredDate": ODD_TIMES[number % len(ODD_TIMES)],
                "TimestampMs": str(1772445600000 + number * 60000 + place * 7777),
            }
            if kind.startswith("reservation"):
                event |= {"ReservationSid": f"WR{number:032}", "WorkerSid": f"WK{number % 5:032}",
                          "WorkerName": f"worker {number % 5}", "WorkerAttributes": text}
            lines.append(json.dumps(event, ensure_ascii=number % 3 == 0))
        lines.append(json.dumps({
            "EventType": "task.created", "Sid": f"EVT{number}", "AccountSid": "AC" + "0" * 32,
            "TaskSid": f"WTT{number}", "TaskAttributes": text,
            "Timestamp": ODD_TIMES[number % len(ODD_TIMES)],
        }))
    (folder / "odd.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for number, shape in enumerate(SPELLED_OTHERWISE, 1):
        for content in files_of(shape, number).values():
            (folder / f"{shape}.jsonl").write_bytes(content)
