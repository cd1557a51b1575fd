"""Sends signed callbacks to a running `receive`: `python -m workshop.load_receive --port 8080 --rate 500`.

Says how long the answers took. `--acknowledged FILE` gets the ids of the events that were answered with 200,
one a line, to be compared with what arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import time
from collections import Counter
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "1" * 32
ATTRIBUTES = json.dumps(
    {"from": "+14155550100", "to": "+18005550199", "direction": "inbound", "call_sid": "CA" + "4" * 32}
)
BEHIND = 0.001


def request_bytes(number: int, token: str, public_url: str) -> tuple[str, bytes]:
    """An event's id and the HTTP request that carries it."""
    path = f"/taskrouter/{ACCOUNT}"
    sid = f"EV{number:032x}"
    event = {
        "AccountSid": ACCOUNT,
        "Sid": sid,
        "EventType": "task.created",
        "TimestampMs": str(1_700_000_000_000 + number),
        "WorkspaceSid": "WS" + "2" * 32,
        "TaskSid": f"WT{number:032x}",
        "TaskAttributes": ATTRIBUTES,
        "TaskQueueName": "",
        "EventDescription": "Task created, as TaskRouter describes it in a sentence",
    }
    signature = RequestValidator(token).compute_signature(public_url + path, event)
    body = urlencode(event).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return sid, head.encode() + body


async def send_all(
    requests: list[tuple[str, bytes]], port: int, rate: float, connections: int
) -> tuple[Counter[int], list[float], list[str]]:
    """Statuses (0: no answer), seconds each answer took since it was due, and ids that were acknowledged."""
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    acknowledged: list[str] = []
    started = time.monotonic()
    due = ((started + i / rate if rate else None, *request) for i, request in enumerate(requests))

    async def client() -> None:
        streams = None
        for moment, sid, request in due:
            if moment and (wait := moment - time.monotonic()) > BEHIND:
                await asyncio.sleep(wait)
            begun = moment or time.monotonic()
            try:
                streams = streams or await asyncio.open_connection("127.0.0.1", port)
                status = await _exchange(*streams, request)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                status, streams = 0, None
                await asyncio.sleep(0.01)
            seconds.append(time.monotonic() - begun)
            statuses[status] += 1
            if status == 200:
                acknowledged.append(sid)

    await asyncio.gather(*(client() for _ in range(connections)))
    return statuses, seconds, acknowledged


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    await reader.readexactly(int(length.partition(b":")[2]))
    return int(head[9:12])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", default="https://events.example.com")
    parser.add_argument("--rate", type=float, default=0, help="requests a second (0: as fast as it goes)")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first event")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--acknowledged")
    arguments = parser.parse_args()
    # The environment names one token of the account, as for receive.
    token = os.environ["TWILIO_AUTH_TOKENS"].partition(":")[2]
    numbers = itertools.count(arguments.first)
    requests = [
        request_bytes(next(numbers), token, arguments.public_url) for _ in range(arguments.requests)
    ]
    begun = time.monotonic()
    statuses, seconds, acknowledged = asyncio.run(
        send_all(requests, arguments.port, arguments.rate, arguments.connections)
    )
    took = time.monotonic() - begun
    cuts = statistics.quantiles(seconds, n=1000)
    print(f"{len(seconds) / took:,.0f} requests a second for {took:.1f} s, answers: {dict(statuses)}")
    print(f"median {cuts[499] * 1000:.0f} ms, p99 {cuts[989] * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms")
    if arguments.acknowledged:
        with open(arguments.acknowledged, "a", encoding="utf-8") as file:
            file.writelines(f"{sid}\n" for sid in acknowledged)


if __name__ == "__main__":
    main()
