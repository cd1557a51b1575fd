"""A server that answers like Twilio's Events API, and fails like it on its worst day."""

import base64
import json
import random
import socket
import threading
from bisect import bisect_right
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.http.http_client import TwilioHttpClient

ACCOUNT = "AC" + "1" * 32
WORKSPACE = "WS" + "2" * 32
API_KEY = "SK" + "3" * 32
API_SECRET = "S3cretThatMustNeverBeSeenAnywhere"
NOW = datetime(2024, 3, 31, 12, 0, 0, tzinfo=timezone.utc)
FAILURES = (
    *("429", "429 with seconds", "429 with a time", "500", "503"),
    *("aborted before the answer", "aborted within the body", "body cut off", "no JSON"),
)


def event_text(number, time, account=ACCOUNT, workspace=WORKSPACE, **changes):
    """An event as text whose spelling differs from what json.dumps would write."""
    event = {
        "account_sid": account,
        "actor_sid": workspace,
        "description": f"Zo\u00eb's task {number}",
        "event_data": {"task_sid": f"WT{number:032x}", "task_attributes": '{"from":"+14155550100"}'},
        "event_date": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "event_date_ms": int(time.timestamp() * 1000),
        "event_type": "task.created",
        "field_of_tomorrow": 1.50,
        "resource_sid": f"WT{number:032x}",
        "resource_type": "task",
        "sid": f"EV{number:032x}",
        "workspace_sid": workspace,
    } | changes
    styles = ({"ensure_ascii": False}, {"indent": 1}, {"separators": (" ,", " :")}, {})
    return json.dumps(event, **styles[number % len(styles)]).replace("1.5,", "1.50,")


def spread_events(count, end=NOW, span=timedelta(days=30), seed=1):
    """Events of the time before `end`: (time, text), some in bursts."""
    chance = random.Random(seed)
    times = [end - span * chance.random() for _ in range(count - count // 5)]
    bursts = times[:5]
    times += [chance.choice(bursts) - timedelta(milliseconds=40 * n) for n in range(count // 5)]
    return [(time, event_text(number, time)) for number, time in enumerate(times, 1)]


class FakeTwilio:
    """Holds `events`, (time, text), of one workspace. A context: serves while it is open.

    `failures` is the share of requests that fail, `page_cap` the most events that a page has whatever
    was asked for, `has_links` whether pages name the next one, `overlap` how many events each page
    repeats, `largest_page` the page size above which it says 500. `on_request` is called with the
    number of each request.
    """

    def __init__(
        self,
        events=(),
        now=NOW,
        failures=0.0,
        seed=0,
        page_cap=1000,
        has_links=True,
        overlap=0,
        kinds=FAILURES,
        on_request=None,
        host="https://taskrouter.twilio.com",
        largest_page=1000,
        port=0,
    ):
        self.events = sorted(events, key=lambda event: event[0], reverse=True)
        self.now, self.failures, self.kinds = now, failures, kinds
        self.page_cap, self.has_links, self.overlap = page_cap, has_links, overlap
        self.on_request, self.host, self.largest_page = on_request, host, largest_page
        self.port = port
        self.requests = []
        self.connections = []
        self.failed = []
        self.workspaces = [WORKSPACE]
        self.forced = []  # kinds of failure of the next requests
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def __enter__(self):
        fake = self

        class Handler(_Handler):
            twilio = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def sids(self):
        return sorted(json.loads(text)["sid"] for _, text in self.events)

    def next_failure(self, request):
        """How this request is to fail, if it is."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            fails = self._chance.random() < self.failures
            kind = self._chance.choice(self.kinds) if fails else None
            if self.forced:
                kind = self.forced.pop(0)
            if kind:
                self.failed.append(kind)
        if self.on_request:
            self.on_request(number)
        return kind

    def page(self, path, query):
        """The text of a page of events."""
        asked = int(query.get("PageSize", 50))
        size = min(asked, self.page_cap)
        start, end = (_second(query[name]) for name in ("StartDate", "EndDate"))
        after_end = end + timedelta(seconds=1)
        first_found = bisect_right(self.events, -after_end.timestamp(), key=_newest_first)
        last_found = bisect_right(self.events, -start.timestamp(), key=_newest_first)
        found = [text for _, text in self.events[first_found:last_found]]
        number = int(query.get("Page", 0))
        first = max(number * size - self.overlap * number, 0)
        texts = found[first : first + size]
        link = None
        if self.has_links and first + size < len(found):
            following = query | {"Page": number + 1, "PageToken": f"PT{number + 1}"}
            link = f"https://elsewhere.example{path}?{urlencode(following)}"
        return self._list("events", texts, size, link)

    def workspace_list(self):
        texts = [json.dumps({"sid": sid, "account_sid": ACCOUNT}) for sid in self.workspaces]
        return self._list("workspaces", texts, 50, None)

    def _list(self, key, texts, size, link):
        meta = {"key": key, "page": 0, "page_size": size, "next_page_url": link, "url": self.host}
        return f'{{"meta": {json.dumps(meta)},\n "{key}": [{", ".join(texts)}]}}'


def _newest_first(event):
    return -event[0].timestamp()


def _second(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.twilio.connections.append(self.connection)

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return format_datetime(self.twilio.now, usegmt=True)

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        failure = self.twilio.next_failure((parts.path, query))
        credentials = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {credentials}":
            self._send(401, '{"code": 20003, "message": "Authenticate", "status": 401}')
        elif failure:
            self._fail(failure, parts.path, query)
        elif int(query.get("PageSize", 0)) > self.twilio.largest_page:
            self._send(500, "{}")
        else:
            self._answer(parts.path, query)

    def _answer(self, path, query):
        workspaces = [f"/v1/Workspaces/{sid}" for sid in self.twilio.workspaces]
        if path == "/v1/Workspaces":
            self._send(200, self.twilio.workspace_list())
        elif path in workspaces:
            self._send(200, json.dumps({"sid": path.rpartition("/")[2], "friendly_name": "Flex"}))
        elif path.removesuffix("/Events") in workspaces:
            self._send(200, self.twilio.page(path, query))
        else:
            self._send(404, '{"code": 20404, "message": "The requested resource was not found"}')

    def _fail(self, kind, path, query):
        if kind == "429":
            self._send(429, '{"code": 20429, "message": "Too Many Requests"}')
        elif kind == "429 with seconds":
            self._send(429, "{}", {"Retry-After": "7"})
        elif kind == "429 with a time":
            later = self.twilio.now + timedelta(seconds=9)
            self._send(429, "{}", {"Retry-After": format_datetime(later, usegmt=True)})
        elif kind in ("500", "503"):
            self._send(int(kind), "<html>upstream connect error</html>")
        elif kind == "no JSON":
            self._send(200, "<html>Maintenance</html>")
        elif kind == "body cut off":
            self._send(200, self.twilio.workspace_list()[:-3])
        elif kind == "aborted before the answer":
            self._abort()
        elif kind == "aborted within the body":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"meta": {}, "events": [')
            self._abort()
        else:
            self._send(int(kind), json.dumps({"message": f"No, {API_SECRET} may not"}))

    def _send(self, status, text, headers={}):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _abort(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class LocalHttpClient(TwilioHttpClient):
    """Sends what is meant for Twilio to a port of this machine, and keeps the hosts that were meant."""

    def __init__(self, port):
        super().__init__(timeout=30)
        self.session.trust_env = False
        self.port, self.hosts = port, []

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        assert parts.scheme == "https"
        self.hosts.append(parts.netloc)
        here = parts._replace(scheme="http", netloc=f"127.0.0.1:{self.port}")
        return super().request(method, here.geturl(), *args, **kwargs)
