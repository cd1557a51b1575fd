"""A TaskRouter event in each of the three forms in which real events arrive.

Field names and value types follow what consumers of the three feeds have published: in webhooks
and in REST ``event_data`` every value is a string, Event Streams has numbers and booleans.
What repeats (a task, a queue, a worker) is serialised once and then joined.
"""

from __future__ import annotations

from datetime import datetime, timezone
from json import dumps
from json.encoder import encode_basestring as quoted
from json.encoder import encode_basestring_ascii as quoted_ascii

from workshop.simulator.centre import DAY_MS, Account, Queue, Worker, sid

WEBHOOK, REST, STREAM = "webhook", "rest", "event_streams"
FORMS = (WEBHOOK, REST, STREAM)
QUOTE = {WEBHOOK: quoted, REST: quoted_ascii, STREAM: quoted_ascii}  # text to JSON string
CLOCK = [f"{h:02d}:{m:02d}:{s:02d}" for h in range(24) for m in range(60) for s in range(60)]
API = "https://taskrouter.twilio.com/v1/Workspaces"
PATHS = {"worker": "Workers", "taskqueue": "TaskQueues", "workflow": "Workflows",
         "activity": "Activities", "taskchannel": "TaskChannels"}
TIMES = {"transfer_started", "worker_last_status_change"}
_days: dict[int, str] = {}
_pascal: dict[str, str] = {}


def iso(at: int) -> str:
    """Return epoch milliseconds as ISO 8601 text in UTC, with milliseconds."""
    day, rest = divmod(at, DAY_MS)
    text = _days.get(day)
    if text is None:
        text = _days[day] = datetime.fromtimestamp(day * 86_400, timezone.utc).strftime("%Y-%m-%d")
    return f"{text}T{CLOCK[rest // 1000]}.{rest % 1000:03d}Z"


def iso_seconds(at: int) -> str:
    """Return epoch milliseconds as ISO 8601 text in UTC, cut to the second."""
    day, rest = divmod(at, DAY_MS)
    return f"{_days.get(day) or iso(at)[:10]}T{CLOCK[rest // 1000]}Z"


def pascal(name: str) -> str:
    """Return a snake_case field name in the webhook's PascalCase."""
    text = _pascal.get(name)
    if text is None:
        text = _pascal[name] = "".join(part.capitalize() for part in name.split("_"))
    return text


def as_text(name: str, value) -> str:
    """Return a field's value as webhook and REST carry it: always a string, times in seconds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value // 1000) if name in TIMES else str(value)


class Moment:
    """The state that one event describes; filled by the emitter, read by the writers below.

    ``stage`` holds the task attributes; ``description`` is a JSON string already, with its
    quotation marks.
    """

    __slots__ = ("type", "at", "sid", "account", "task", "version", "status",
                 "priority", "queue", "entered", "stage", "offer", "offer_version", "worker",
                 "worker_text", "worker_version", "activity", "description", "extra", "pending")

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, None)


class TaskText:
    """A task's unchanging fields, serialised for each form when first needed."""

    __slots__ = ("account", "sid", "channel", "workflow", "created", "target", "_texts")

    def __init__(self, account: Account, sid_: str, channel: str, workflow: str, created: int,
                 target: str | None) -> None:
        self.account, self.sid, self.channel = account, sid_, channel
        self.workflow, self.created, self.target = workflow, created, target
        self._texts: dict[str, str] = {}

    def __getitem__(self, form: str) -> str:
        text = self._texts.get(form)
        if text is None:
            text = self._texts[form] = getattr(self, f"_{form}")()
        return text

    def _webhook(self) -> str:
        account, seconds = self.account, self.created // 1000
        return (f'"AccountSid":"{account.sid}","WorkspaceSid":"{account.workspace}",'
                f'"WorkspaceName":"Flex Task Assignment",'
                f'"OperatingUnitSid":"{account.operating_unit}","TaskSid":"{self.sid}",'
                f'"TaskChannelUniqueName":"{self.channel}",'
                f'"TaskChannelSid":"{account.channels[self.channel]}",'
                f'"TaskDateCreated":"{seconds}","WorkflowName":"{self.workflow}",'
                f'"WorkflowSid":"{account.workflows[self.workflow]}"')

    def _rest(self) -> str:
        account = self.account
        return (f'"operating_unit_sid":"{account.operating_unit}","task_sid":"{self.sid}",'
                f'"task_channel_sid":"{account.channels[self.channel]}",'
                f'"task_channel_unique_name":"{self.channel}",'
                f'"task_virtual_start_time":"{self.created // 1000}",'
                f'"workflow_name":"{self.workflow}",'
                f'"workflow_sid":"{account.workflows[self.workflow]}",'
                f'"workspace_name":"Flex Task Assignment","workspace_sid":"{account.workspace}"')

    def _event_streams(self) -> str:
        account, created = self.account, iso(self.created // 1000 * 1000)
        target = f'"task_routing_target":"{self.target}",' if self.target else ""
        return (f'"account_sid":"{account.sid}","workspace_sid":"{account.workspace}",'
                f'"workspace_name":"Flex Task Assignment",'
                f'"operating_unit_sid":"{account.operating_unit}","task_sid":"{self.sid}",'
                f'"task_channel_unique_name":"{self.channel}",'
                f'"task_channel_sid":"{account.channels[self.channel]}",{target}'
                f'"task_date_created":"{created}","task_virtual_start_time":"{created}",'
                f'"task_timeout":86400,"task_add_on_attributes":"{{}}",'
                f'"task_ignore_capacity":false,"workflow_name":"{self.workflow}",'
                f'"workflow_sid":"{account.workflows[self.workflow]}"')


def attributes_text(stage, form: str) -> str:
    """Return task attributes as the JSON string of one form."""
    text = stage.texts.get(form)
    if text is None:
        text = stage.texts[form] = QUOTE[form](stage.text)
    return text


def queue_text(queue: Queue, form: str) -> str:
    """Return a queue's fields in one form."""
    text = queue.texts.get(form)
    if text is None:
        names = ["task_queue_name", "task_queue_sid", "task_queue_target_expression"]
        if form == WEBHOOK:
            names = [pascal(name) for name in names]
        values = (queue.name, queue.sid, queue.expression)
        text = ",".join(f'"{n}":{QUOTE[form](v)}' for n, v in zip(names, values))
        queue.texts[form] = text
    return text


def worker_text(worker: Worker, version: int, form: str) -> str:
    """Return a worker's fields in one form, with the attributes of their first or second team."""
    key = (form, version)
    text = worker.fragments.get(key)
    if text is None:
        values = (("worker_sid", worker.sid), ("worker_name", worker.name),
                  ("worker_attributes", worker.texts[version]))
        text = ",".join(f'"{pascal(n) if form == WEBHOOK else n}":{QUOTE[form](v)}'
                        for n, v in values)
        worker.fragments[key] = text
    return text


class Extra(dict):
    """Extra fields that many events share, serialised once for each form."""

    __slots__ = ("texts",)

    def __init__(self, *fields, **more) -> None:
        super().__init__(*fields, **more)
        self.texts: dict[str, str] = {}


def _extra(m: Moment, form: str) -> str:
    extra = m.extra
    if not extra:
        return ""
    if type(extra) is not Extra:
        return _fields(extra, form)
    text = extra.texts.get(form)
    if text is None:
        text = extra.texts[form] = _fields(extra, form)
    return text


def _fields(extra: dict, form: str) -> str:
    return _typed(extra) if form == STREAM else _strings(extra, form)


def _strings(extra: dict, form: str) -> str:
    return "".join(
        f',"{pascal(name) if form == WEBHOOK else name}":{QUOTE[form](as_text(name, value))}'
        for name, value in extra.items())


def _typed(extra: dict) -> str:
    return "".join(
        f',"{name}":{dumps(iso(value) if name in TIMES else value)}'
        for name, value in extra.items())


# ---------------------------------------------------------------- webhook callbacks

def _webhook_head(m: Moment, resource: str, resource_sid: str) -> str:
    return (f'{{"EventType":"{m.type}","ResourceType":"{resource}","ResourceSid":"{resource_sid}",'
            f'"Sid":"{m.sid}","Timestamp":"{m.at // 1000}","TimestampMs":"{m.at}",'
            f'"EventDescription":{m.description},')


def webhook_resource(m: Moment) -> str:
    """Return an event about a queue, workflow, activity or channel as a webhook callback's JSON."""
    account = m.account
    return (f'{_webhook_head(m, *m.pending)}"AccountSid":"{account.sid}",'
            f'"WorkspaceSid":"{account.workspace}","WorkspaceName":"Flex Task Assignment",'
            f'"OperatingUnitSid":"{account.operating_unit}"{_extra(m, WEBHOOK)}}}')


def _webhook_task_part(m: Moment) -> str:
    task = m.task
    return (f'{task[WEBHOOK]},"TaskAge":"{(m.at - task.created) // 1000}",'
            f'"TaskPriority":"{m.priority}","TaskAssignmentStatus":"{m.status}",'
            f'"TaskVersion":"{m.version}","TaskQueueEnteredDate":"{m.entered // 1000}",'
            f'{queue_text(m.queue, WEBHOOK)},"TaskAttributes":{attributes_text(m.stage, WEBHOOK)}')


def webhook_task(m: Moment) -> str:
    """Return a task.*, task-queue.* or workflow.* event as a webhook callback's JSON."""
    extra = _extra(m, WEBHOOK)
    return f'{_webhook_head(m, "task", m.task.sid)}{_webhook_task_part(m)}{extra}}}'


def webhook_reservation(m: Moment) -> str:
    """Return a reservation.* event as a webhook callback's JSON."""
    extra = _extra(m, WEBHOOK)
    return (f'{_webhook_head(m, "reservation", m.offer.sid)}{_webhook_task_part(m)},'
            f'"TaskVirtualStartTime":"{m.task.created // 1000}","TaskIgnoreCapacity":"false",'
            f'"ReservationSid":"{m.offer.sid}","ReservationVersion":"{m.offer_version}",'
            f'{worker_text(m.worker, m.worker_text, WEBHOOK)},"WorkerVersion":"{m.worker_version}",'
            f'"WorkerActivityName":"{m.activity}",'
            f'"WorkerActivitySid":"{m.account.activities[m.activity]}",'
            f'"WorkerChannelCapacity":"{m.pending[0]}",'
            f'"WorkerChannelConsumedCapacity":"{m.pending[1]}"{extra}}}')


def webhook_worker(m: Moment) -> str:
    """Return a worker.* event as a webhook callback's JSON."""
    account = m.account
    return (f'{_webhook_head(m, "worker", m.worker.sid)}"AccountSid":"{account.sid}",'
            f'"WorkspaceSid":"{account.workspace}","WorkspaceName":"Flex Task Assignment",'
            f'"OperatingUnitSid":"{account.operating_unit}",'
            f'{worker_text(m.worker, m.worker_text, WEBHOOK)},"WorkerVersion":"{m.worker_version}",'
            f'"WorkerActivityName":"{m.activity}",'
            f'"WorkerActivitySid":"{account.activities[m.activity]}"{_extra(m, WEBHOOK)}}}')


# ---------------------------------------------------------------- REST Events resource

def _rest(m: Moment, resource: str, resource_sid: str, data: str) -> str:
    account = m.account
    head, root, tail = account.texts or _rest_frame(account)
    if resource == "task":
        where = f"{root}/Tasks/{resource_sid}"
    elif resource == "reservation":
        where = f"{root}/Tasks/{m.task.sid}/Reservations/{resource_sid}"
    else:
        where = f"{root}/{PATHS[resource]}/{resource_sid}"
        if resource == "worker":
            head = head.replace(f'"{account.workspace}","actor_type":"workspace"',
                                f'"{resource_sid}","actor_type":"worker"').replace(root, where)
    return (f'{head}{m.description},"event_data":{{{data}}},'
            f'"event_date":"{iso_seconds(m.at)}","event_date_ms":{m.at},"event_type":"{m.type}",'
            f'"resource_sid":"{resource_sid}","resource_type":"{resource}",'
            f'"resource_url":"{where}","sid":"{m.sid}",{tail}{m.sid}"}}')


def _rest_frame(account: Account) -> tuple[str, str, str]:
    """Return the text with which all REST events of an account begin, its URL, and the end."""
    root = f"{API}/{account.workspace}"
    account.texts = (
        f'{{"account_sid":"{account.sid}","actor_sid":"{account.workspace}",'
        f'"actor_type":"workspace","actor_url":"{root}","description":', root,
        f'"source":"twilio","source_ip_address":null,"workspace_sid":"{account.workspace}",'
        f'"url":"{root}/Events/')
    return account.texts


def rest_resource(m: Moment) -> str:
    """Return an event about a queue, workflow, activity or channel as the REST API lists it."""
    account = m.account
    return _rest(m, *m.pending, f'"operating_unit_sid":"{account.operating_unit}",'
                 f'"workspace_name":"Flex Task Assignment","workspace_sid":"{account.workspace}"'
                 f'{_extra(m, REST)}')


def _rest_task_part(m: Moment) -> str:
    task = m.task
    return (f'{task[REST]},"task_age":"{(m.at - task.created) // 1000}",'
            f'"task_assignment_status":"{m.status}",'
            f'"task_attributes":{attributes_text(m.stage, REST)},'
            f'"task_priority":"{m.priority}","task_queue_entered_date":"{m.entered // 1000}",'
            f'{queue_text(m.queue, REST)},"task_version":"{m.version}"')


def rest_task(m: Moment) -> str:
    """Return a task.*, task-queue.* or workflow.* event as the REST API lists it."""
    extra = _extra(m, REST)
    return _rest(m, "task", m.task.sid, f"{_rest_task_part(m)}{extra}")


def rest_reservation(m: Moment) -> str:
    """Return a reservation.* event as the REST API lists it."""
    extra = _extra(m, REST)
    return _rest(
        m, "reservation", m.offer.sid,
        f'{_rest_task_part(m)},"reservation_sid":"{m.offer.sid}",'
        f'"reservation_version":"{m.offer_version}",'
        f'{worker_text(m.worker, m.worker_text, REST)},"worker_version":"{m.worker_version}",'
        f'"worker_activity_name":"{m.activity}",'
        f'"worker_activity_sid":"{m.account.activities[m.activity]}",'
        f'"worker_channel_capacity":"{m.pending[0]}"{extra}')


def rest_worker(m: Moment) -> str:
    """Return a worker.* event as the REST API lists it."""
    account = m.account
    return _rest(
        m, "worker", m.worker.sid,
        f'"operating_unit_sid":"{account.operating_unit}",'
        f'{worker_text(m.worker, m.worker_text, REST)},"worker_version":"{m.worker_version}",'
        f'"worker_activity_name":"{m.activity}",'
        f'"worker_activity_sid":"{account.activities[m.activity]}",'
        f'"workspace_name":"Flex Task Assignment","workspace_sid":"{account.workspace}"'
        f'{_extra(m, REST)}')


# ---------------------------------------------------------------- Event Streams

def _stream(m: Moment, group: str, resource: str, resource_sid: str, payload: str) -> str:
    account, time = m.account, iso(m.at)
    name = "".join(part.capitalize() for part in m.type.replace("-", ".").split("."))
    return (f'{{"specversion":"1.0","type":"com.twilio.taskrouter.{m.type}",'
            f'"source":"{account.workspace}","id":"EZ{m.sid[:1:-1]}",'
            f'"dataschema":"https://events-schemas.twilio.com/TaskRouter.WDSEvent/4",'
            f'"datacontenttype":"application/json","time":"{time}","data":{{"sid":"{m.sid}",'
            f'"name":"{name}","account_sid":"{account.sid}",'
            f'"account_friendly_name":"{account.friendly_name}",'
            f'"parent_account_sid":"{account.sid}",'
            f'"parent_friendly_name":"{account.friendly_name}","timestamp":"{time}",'
            f'"level":"INFO","group":"{group}","product_name":"TaskRouter",'
            f'"publisher":"Flex Task Assignment","publisher_metadata":"{{}}",'
            f'"payload_type":"application/json","payload":{{"sid":"{m.sid}",'
            f'"eventtype":"{m.type}","timestamp":"{time}",'
            f'"event_description":{m.description},"resource_type":"{resource}",'
            f'"resource_sid":"{resource_sid}",{payload}}}}}}}')


def stream_resource(m: Moment) -> str:
    """Return an event about a queue, workflow, activity or channel from Event Streams."""
    account = m.account
    return _stream(
        m, m.type.split(".")[0], *m.pending,
        f'"account_sid":"{account.sid}","workspace_sid":"{account.workspace}",'
        f'"workspace_name":"Flex Task Assignment",'
        f'"operating_unit_sid":"{account.operating_unit}"{_extra(m, STREAM)}')


def _stream_task_part(m: Moment) -> str:
    task = m.task
    entered = m.entered // 1000 * 1000
    in_queue = max((m.at - m.entered) // 1000, 0)
    return (f'{task[STREAM]},"task_age":{(m.at - task.created) // 1000},'
            f'"task_age_in_queue":{in_queue},"task_priority":{m.priority},'
            f'"task_assignment_status":"{m.status}","task_version":{m.version},'
            f'"task_queue_entered_date":"{iso(entered)}",{queue_text(m.queue, STREAM)},'
            f'"task_attributes":{attributes_text(m.stage, STREAM)}')


def stream_task(m: Moment) -> str:
    """Return a task.*, task-queue.* or workflow.* event as Event Streams delivers it."""
    extra = _extra(m, STREAM)
    group = m.type.split(".")[0]
    return _stream(m, group, "task", m.task.sid, f"{_stream_task_part(m)}{extra}")


def stream_reservation(m: Moment) -> str:
    """Return a reservation.* event as Event Streams delivers it."""
    extra = _extra(m, STREAM)
    free = "true" if m.activity == "Available" else "false"
    return _stream(
        m, "reservation", "reservation", m.offer.sid,
        f'{_stream_task_part(m)},"reservation_sid":"{m.offer.sid}",'
        f'"reservation_status":"{_reservation_status(m.type)}","reservation_timeout":120,'
        f'"reservation_version":{m.offer_version},{worker_text(m.worker, m.worker_text, STREAM)},'
        f'"worker_version":{m.worker_version},"worker_available":{free},'
        f'"worker_activity_name":"{m.activity}",'
        f'"worker_activity_sid":"{m.account.activities[m.activity]}",'
        f'"worker_channel_capacity":{m.pending[0]},'
        f'"worker_channel_consumed_capacity":{m.pending[1]}{extra}')


def stream_worker(m: Moment) -> str:
    """Return a worker.* event as Event Streams delivers it."""
    account = m.account
    free = "true" if m.activity == "Available" else "false"
    return _stream(
        m, "worker", "worker", m.worker.sid,
        f'"account_sid":"{account.sid}","workspace_sid":"{account.workspace}",'
        f'"workspace_name":"Flex Task Assignment","operating_unit_sid":"{account.operating_unit}",'
        f'{worker_text(m.worker, m.worker_text, STREAM)},"worker_version":{m.worker_version},'
        f'"worker_available":{free},"worker_activity_name":"{m.activity}",'
        f'"worker_activity_sid":"{account.activities[m.activity]}"{_extra(m, STREAM)}')


def _reservation_status(event_type: str) -> str:
    status = event_type.split(".")[1]
    return {"created": "pending", "wrapup": "wrapping"}.get(status, status)


WRITERS = {
    WEBHOOK: {"task": webhook_task, "reservation": webhook_reservation, "worker": webhook_worker,
              "resource": webhook_resource},
    REST: {"task": rest_task, "reservation": rest_reservation, "worker": rest_worker,
           "resource": rest_resource},
    STREAM: {"task": stream_task, "reservation": stream_reservation, "worker": stream_worker,
             "resource": stream_resource},
}


def rest_page(account: Account, events: list[str], number: int, size: int) -> str:
    """Return one page of the REST Events list around events that are already serialised."""
    url = f"{API}/{account.workspace}/Events?PageSize={size}"
    meta = {"first_page_url": f"{url}&Page=0", "key": "events", "next_page_url": None,
            "page": number, "page_size": size, "previous_page_url": None,
            "url": f"{url}&Page={number}&PageToken=PT{sid('', account.number, number)}"}
    return f'{{"events":[{",".join(events)}],"meta":{dumps(meta, separators=(",", ":"))}}}'
