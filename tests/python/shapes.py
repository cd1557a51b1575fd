"""Every shape in which people keep TaskRouter events, as data: name → files that hold given events."""

import base64
import bz2
import csv
import gzip
import io
import json
import zipfile
from urllib.parse import urlencode

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from scenario_forms import as_event_streams, as_rest, as_webhook

START = 1772442000000  # 2026-03-02 09:00
SECRET = "SENTINEL"
PLAIN_TASK = (
    *((0, "workflow.entered"), (0, "task-queue.entered"), (0, "task.created")),
    *((20, "reservation.created"), (25, "reservation.accepted")),
    *((145, "reservation.wrapup"), (145, "task.wrapup")),
    *((175, "reservation.completed"), (175, "task.completed")),
)


def plain_task(number, secret=""):
    """One answered task in an account of its own, as neutral events: waited 25 s, talked 120 s."""
    attributes = {"from": f"+4420794{number:05d}", "direction": "inbound"}
    if secret:
        attributes["name"] = secret
    fields = {
        "workspace_sid": sid("WS", 1),
        "task_sid": sid("WT", number),
        "task_attributes": json.dumps(attributes),
        "task_queue_sid": sid("WQ", 1),
        "task_queue_name": "Support",
        "task_channel_unique_name": "voice",
        "workflow_sid": sid("WW", 1),
    }
    reserved = {"reservation_sid": sid("WR", number), "worker_sid": sid("WK", 1), "worker_name": "ann"}
    return [
        {
            "id": sid("EV", number * 100 + place),
            "type": event_type,
            "account": account(number),
            "ms": START + seconds * 1000 + 250,
            "resource": event_type.split(".")[0].replace("-", ""),
            "fields": fields | reserved if event_type.startswith("reservation") else fields,
        }
        for place, (seconds, event_type) in enumerate(PLAIN_TASK)
    ]


def sid(prefix, number):
    return f"{prefix}{number:032x}"


def account(number):
    return sid("AC", number)


def b64(value, packed=False):
    data = value.encode() if isinstance(value, str) else value
    return base64.b64encode(gzip.compress(data) if packed else data).decode()


def form_body(event):
    return urlencode(event)


def camel(event):
    """As Twilio's library for Node prints an event of the REST API."""
    names = {"event_type": "eventType", "event_date": "eventDate", "event_date_ms": "eventDateMs"}
    names |= {"account_sid": "accountSid", "workspace_sid": "workspaceSid"}
    names |= {"resource_sid": "resourceSid", "resource_type": "resourceType"}
    names |= {"event_data": "eventData", "actor_type": "actorType"}
    return {names.get(name, name): value for name, value in event.items()}


def with_text(event, *path):
    """The event with JSON text in place of the object at a path."""
    inner = event[path[0]]
    text = with_text(inner, *path[1:]) if path[1:] else json.dumps(inner)
    return {**event, path[0]: text}


def each_on_a_line(wrap):
    """One file, a line an event; a text is written as it is."""

    def files(events):
        wrapped = [wrap(event) for event in events]
        texts = [w if isinstance(w, str) else json.dumps(w) for w in wrapped]
        return {"a.jsonl": ("\n".join(texts) + "\n").encode()}

    return files


def whole(wrap):
    """One file, made of all events at once."""
    return lambda events: {"a.json": json.dumps(wrap(events)).encode()}


def packed(pack, name="a"):
    return lambda events: {name: pack("\n".join(map(json.dumps, events)).encode())}


def parquet(make_table):
    def files(events):
        file = io.BytesIO()
        pq.write_table(make_table(events), file)
        return {"a.parquet": file.getvalue()}

    return files


def text_column(kind, name="event"):
    def table(events):
        texts = pa.array([json.dumps(event) for event in events])
        return pa.table({"n": range(len(events)), name: texts.cast(kind), "note": ["x"] * len(events)})

    return table


def flat(event, between):
    """Nested objects as columns of their own."""
    row = {}
    for name, value in event.items():
        if isinstance(value, dict):
            row |= {f"{name}{between}{inner}": v for inner, v in flat(value, between).items()}
        else:
            row[name] = value
    return row


def rows(spell=dict):
    return lambda events: pa.Table.from_pylist(union_of_keys([spell(event) for event in events]))


def union_of_keys(rows):
    keys = {key: None for row in rows for key in row}
    return [keys | row for row in rows]


def csv_file(spell, delimiter=",", header=True, name="a.csv"):
    def files(events):
        text = io.StringIO()
        table = union_of_keys([spell(event) for event in events])
        writer = csv.DictWriter(text, table[0], delimiter=delimiter)
        if header:
            writer.writeheader()
        writer.writerows(table)
        return {name: text.getvalue().encode()}

    return files


def duckdb_json(events):
    """Parquet as DuckDB writes it, in a column of its type JSON."""
    connection = duckdb.connect()
    texts = pa.table({"text": [json.dumps(event) for event in events]})
    connection.register("texts", texts)
    return connection.sql("select text::json as event from texts").to_arrow_table()


def zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def zip_of_two(events):
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    members = {"part/0.jsonl": b"".join(lines[:4]), "1.jsonl.gz": gzip.compress(b"".join(lines[4:]))}
    return {"a": zipped(members | {"__MACOSX/x": b"\0\1", ".hidden": b"x"})}


def cloudwatch_subscription(events):
    logged = [{"id": str(n), "timestamp": 1, "message": log_line(e)} for n, e in enumerate(events)]
    data = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": logged}
    return {"awslogs": {"data": b64(json.dumps(data), packed=True)}}


def log_line(event):
    return f"2026-03-02T09:00:00.290Z\t5f0c\tINFO\tevent {json.dumps(event)}"


def sns(event):
    text = json.dumps(event)
    return {"Type": "Notification", "MessageId": "m", "Message": text, "Timestamp": "2026-03-02"}


def gateway(event):
    body = form_body(event)
    return {"httpMethod": "POST", "headers": {"X": "y"}, "body": body, "isBase64Encoded": False}


def gateway_base64(event):
    return gateway(event) | {"body": b64(form_body(event)), "isBase64Encoded": True}


def event_grid(event):
    return {"id": "1", "eventType": event["type"][20:], "eventTime": "2026-03-02", "data": event}


def eventbridge(event):
    return {"version": "0", "detail-type": event["type"], "source": "twilio", "detail": event}


WEBHOOK, REST, STREAM = as_webhook, as_rest, as_event_streams

# name: (form of the events inside, files that hold them)
SHAPES = {
    "webhook": (WEBHOOK, each_on_a_line(dict)),
    "rest": (REST, each_on_a_line(dict)),
    "stream": (STREAM, each_on_a_line(dict)),
    # spelled otherwise
    "event_data text": (REST, each_on_a_line(lambda e: with_text(e, "event_data"))),
    "camel": (REST, each_on_a_line(camel)),
    "camel, text": (REST, each_on_a_line(lambda e: with_text(camel(e), "eventData"))),
    "data text": (STREAM, each_on_a_line(lambda e: with_text(e, "data"))),
    "payload text": (STREAM, each_on_a_line(lambda e: with_text(e, "data", "payload"))),
    "data and payload text": (
        STREAM,
        each_on_a_line(lambda e: with_text(with_text(e, "data", "payload"), "data")),
    ),
    "payload text at the top": (
        STREAM,
        each_on_a_line(lambda e: {**e, "data": None, "payload": json.dumps(e["data"]["payload"])}),
    ),
    # wrapped
    "eventbridge": (STREAM, each_on_a_line(eventbridge)),
    "sns": (STREAM, each_on_a_line(sns)),
    "sns in sqs": (STREAM, whole(lambda es: {"Records": [{"body": json.dumps(sns(e))} for e in es]})),
    "sqs records": (WEBHOOK, whole(lambda es: {"Records": [{"body": json.dumps(e)} for e in es]})),
    "api gateway": (WEBHOOK, each_on_a_line(gateway)),
    "api gateway, base64": (WEBHOOK, each_on_a_line(gateway_base64)),
    "kinesis": (
        STREAM,
        whole(lambda es: {"Records": [{"kinesis": {"data": b64(json.dumps(e))}} for e in es]}),
    ),
    "firehose": (STREAM, whole(lambda es: {"records": [{"data": b64(json.dumps(e))} for e in es]})),
    "cloudwatch subscription": (WEBHOOK, whole(cloudwatch_subscription)),
    "pub/sub": (STREAM, each_on_a_line(lambda e: {"message": {"data": b64(json.dumps(e)), "attributes": {}}})),
    "event grid": (STREAM, whole(lambda es: [event_grid(e) for e in es])),
    "airbyte": (REST, each_on_a_line(lambda e: {"_airbyte_raw_id": "r", "_airbyte_data": e})),
    "airbyte, text": (REST, each_on_a_line(lambda e: {"_airbyte_data": json.dumps(e)})),
    "docker log": (WEBHOOK, each_on_a_line(lambda e: {"log": json.dumps(e) + "\n", "stream": "stdout"})),
    "docker log with a prefix": (REST, each_on_a_line(lambda e: {"log": log_line(e) + "\n"})),
    "cloudwatch log": (WEBHOOK, each_on_a_line(log_line)),
    "bracketed log": (REST, each_on_a_line(lambda e: f"[2026-03-02 09:00:00] [INFO] {json.dumps(e)}")),
    "form bodies": (WEBHOOK, each_on_a_line(form_body)),
    "parsed query strings": (WEBHOOK, each_on_a_line(lambda e: {k: [v] for k, v in e.items()})),
    "base64 lines": (STREAM, each_on_a_line(lambda e: b64(json.dumps(e)))),
    "base64 lines, url-safe": (
        STREAM,
        each_on_a_line(lambda e: b64(json.dumps(e)).translate(str.maketrans("+/", "-_")).rstrip("=")),
    ),
    "JSON texts": (REST, each_on_a_line(lambda e: json.dumps(json.dumps(e)))),
    "array of texts": (REST, whole(lambda es: [json.dumps(e) for e in es])),
    "map of id to event": (REST, whole(lambda es: {e["sid"]: e for e in es})),
    "map of id to text": (STREAM, whole(lambda es: {str(n): json.dumps(e) for n, e in enumerate(es)})),
    "change capture": (
        REST,
        each_on_a_line(lambda e: {"payload": {"before": None, "after": with_text(e, "event_data"), "op": "c"}}),
    ),
    "page of texts": (REST, whole(lambda es: {"events": [json.dumps(e) for e in es], "meta": {}})),
    # packed
    "bz2": (WEBHOOK, packed(bz2.compress)),
    "gzip": (REST, packed(gzip.compress)),
    "zstd": (STREAM, packed(zstandard.compress)),
    "gzip twice": (STREAM, packed(lambda data: gzip.compress(gzip.compress(data)))),
    "zip": (WEBHOOK, zip_of_two),
    "zip in gzip": (WEBHOOK, lambda es: {"a": gzip.compress(zip_of_two(es)["a"])}),
    "zip of csv": (
        REST,
        lambda es: {"a": zipped(csv_file(lambda e: {"n": 1, "event": json.dumps(e)})(es))},
    ),
    "parquet in zip": (REST, lambda es: {"a": zipped(parquet(text_column(pa.string()))(es))}),
    "UTF-16, little end first": (REST, packed(lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"))),
    "UTF-16, big end first": (REST, packed(lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"))),
    "UTF-16 without a mark, packed": (
        REST, packed(lambda data: gzip.compress(data.decode().encode("utf-16-le"))),
    ),
    # tables
    "parquet string": (STREAM, parquet(text_column(pa.string()))),
    "parquet large_string": (REST, parquet(text_column(pa.large_string(), "body"))),
    "parquet string_view": (WEBHOOK, parquet(text_column(pa.string_view(), "odd name"))),
    "parquet dictionary": (WEBHOOK, parquet(text_column(pa.dictionary(pa.int32(), pa.string())))),
    "parquet binary": (REST, parquet(text_column(pa.binary()))),
    "parquet large_binary": (REST, parquet(text_column(pa.large_binary()))),
    "parquet Arrow's JSON": (REST, parquet(text_column(pa.json_(pa.string())))),
    "parquet DuckDB's JSON": (STREAM, parquet(duckdb_json)),
    "parquet struct": (STREAM, parquet(lambda es: pa.table({"n": range(len(es)), "e": pa.array(es)}))),
    "parquet rows, nested": (STREAM, parquet(rows())),
    "parquet rows, REST": (REST, parquet(rows())),
    "parquet rows, JSON text": (REST, parquet(rows(lambda e: with_text(e, "event_data")))),
    "parquet rows, camel": (REST, parquet(rows(camel))),
    "parquet rows, webhook": (WEBHOOK, parquet(rows())),
    "parquet rows, dots": (STREAM, parquet(rows(lambda e: flat(e, ".")))),
    "parquet rows, underscores": (REST, parquet(rows(lambda e: flat(e, "__")))),
    "parquet rows, one underscore": (STREAM, parquet(rows(lambda e: flat(e, "_")))),
    "parquet rows, fields beside": (
        REST,
        parquet(rows(lambda e: {**e["event_data"], **{k: v for k, v in e.items() if k != "event_data"}})),
    ),
    "parquet rows, upper case": (
        REST, parquet(rows(lambda e: {k.upper(): v for k, v in with_text(e, "event_data").items()})),
    ),
    "parquet wrapped column": (STREAM, parquet(lambda es: text_column(pa.string(), "raw")([sns(e) for e in es]))),
    "csv column": (STREAM, csv_file(lambda e: {"id": 1, "meta": "{}", "value": json.dumps(e)})),
    "csv without header": (REST, csv_file(lambda e: {"id": 1, "x": json.dumps(e)}, header=False)),
    "csv of form bodies": (WEBHOOK, csv_file(lambda e: {"at": "now", "body": form_body(e)})),
    "csv rows, webhook": (WEBHOOK, csv_file(dict)),
    "csv rows, REST": (REST, csv_file(lambda e: with_text(e, "event_data"), delimiter=";")),
    "tsv rows, dots": (STREAM, csv_file(lambda e: flat(e, "."), delimiter="\t", name="a.tsv")),
}


def files_of(name, number, secret=""):
    """The files of a shape that hold a plain task in the account of that number."""
    form, files = SHAPES[name]
    return files([form(event) for event in plain_task(number, secret)])
