"""Tells TaskRouter events from everything else, and of which form and account they are.

DuckDB reads each text once, with one list of paths; only the few texts that are no events,
or name no account, are read again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flex_insights.loading import reasons
from flex_insights.loading.spelling import FAMILIES, LIKE_A_TYPE, PREFIX, first_of_each_key, usual_spelling
from flex_insights.loading.wrappings import SIGNS

FORMS = ("webhook", "rest", "event_streams")
UNKNOWN_ACCOUNT = "unknown"
# Reading ahead and writing are threads of their own beside the one that recognises.
DUCKDB_SETTINGS = {"memory_limit": "1GB", "temp_directory": "", "threads": 1}
# DuckDB takes the texts in portions of at most so many rows.
ROWS_OF_A_PORTION = 2048

# Fates are small numbers on the way through Arrow: these, then places in REASONS.
EVENT = 0
NO_OBJECT = 1
NO_EVENT = 2
# Not certain from the fields of one form alone.
UNSURE = 255
REASONS = (
    *("", "", ""),
    reasons.NO_TYPE,
    reasons.FOREIGN_TYPE,
    reasons.NO_TIME,
    reasons.UNREADABLE_TIME,
    reasons.NO_TASK,
    reasons.NO_RESERVATION,
    reasons.NO_TASK_AND_RESERVATION,
    reasons.NO_WORKER,
    reasons.FOREIGN_STREAM,
    reasons.ADHERENCE_FEED,
    reasons.TASK_RESOURCE,
    reasons.REST_RESOURCE,
    reasons.BARE_PAYLOAD,
    reasons.EMPTY_OBJECT,
    reasons.UNKNOWN_OBJECT,
)
FATE = {reason: number for number, reason in enumerate(REASONS) if reason}
# What has one of these claims to be an event, and lacks something that every event has.
CLAIMS = (
    *(reasons.NO_TIME, reasons.UNREADABLE_TIME, reasons.NO_TASK, reasons.NO_RESERVATION),
    *(reasons.NO_TASK_AND_RESERVATION, reasons.NO_WORKER),
)
CLAIMING_FATES = np.array([FATE[reason] for reason in CLAIMS], np.uint8)

NAME_TASK = "task[.].+|task-queue[.](entered|moved|timeout)|workflow[.](entered|target-matched|skipped|timeout)"

FIELDS = {
    "hook_type": "$.EventType",
    "hook_ms": "$.TimestampMs",
    "hook_s": "$.Timestamp",
    "hook_account": "$.AccountSid",
    "hook_workspace": "$.WorkspaceSid",
    "hook_task": "$.TaskSid",
    "hook_reservation": "$.ReservationSid",
    "hook_worker": "$.WorkerSid",
    "hook_resource": "$.ResourceSid",
    "rest_type": "$.event_type",
    "rest_ms": "$.event_date_ms",
    "rest_iso": "$.event_date",
    "rest_account": "$.account_sid",
    "rest_workspace": "$.workspace_sid",
    "rest_task": "$.event_data.task_sid",
    "rest_reservation": "$.event_data.reservation_sid",
    "rest_worker": "$.event_data.worker_sid",
    "rest_resource": "$.resource_sid",
    "data_resource": "$.event_data.resource_sid",
    "cloud_type": "$.type",
    "cloud_time": "$.time",
    "payload_type": "$.data.payload.eventtype",
    "payload_time": "$.data.payload.timestamp",
    "payload_account": "$.data.payload.account_sid",
    "payload_task": "$.data.payload.task_sid",
    "payload_reservation": "$.data.payload.reservation_sid",
    "payload_worker": "$.data.payload.worker_sid",
    "payload_resource": "$.data.payload.resource_sid",
    "data_account": "$.data.account_sid",
    "events": "$.events",
}

# What tells one form from the others, and then all that counts of nearly any event of that form.
TELLING = ("hook_type", "rest_type", "events")
FIELDS_OF_FORM = (
    (
        *(*TELLING, "hook_ms", "hook_s", "hook_account", "hook_workspace"),
        *("hook_task", "hook_reservation", "hook_worker"),
    ),
    (
        *(*TELLING, "rest_ms", "rest_iso", "rest_account", "rest_workspace"),
        *("rest_task", "rest_reservation", "rest_worker"),
    ),
    (
        *(*TELLING, "cloud_type", "cloud_time"),
        *("payload_type", "payload_time", "payload_account", "data_account"),
        *("payload_task", "payload_reservation", "payload_worker"),
    ),
)
# If no fewer texts are of one form, the next ones are looked at for that form first.
USUAL_SHARE = 0.9

DETAILS = {
    "hook_ms": "$.TimestampMs",
    "hook_workspace": "$.WorkspaceSid",
    "hook_task": "$.TaskSid",
    "hook_worker": "$.WorkerSid",
    "event_data": "$.event_data",
    "event_date_ms": "$.event_date_ms",
    "cloud_version": "$.specversion",
    "cloud_type": "$.type",
    "cloud_product": "$.data.product_name",
    "payload_workspace": "$.data.payload.workspace_sid",
    "bare_eventtype": "$.eventtype",
    "object": "$.object",
    "assignment_status": "$.assignment_status",
    "url": "$.url",
}

ATTRIBUTES = ("$.TaskAttributes", "$.event_data.task_attributes", "$.data.payload.task_attributes")

# Where an event may be spelled otherwise; only what is no event as it stands is looked at for it.
SPELLED_OTHERWISE = r'"(data|payload|event_data|eventData)"[ \t\r\n]*:[ \t\r\n]*"|"payload"|"eventType"'


@dataclass
class Recognised:
    """What each text is: its fate, its place in FORMS, its account (null if no event)."""

    fates: np.ndarray
    forms: np.ndarray
    accounts: pa.Array

    @property
    def is_event(self) -> np.ndarray:
        return self.fates == EVENT

    @property
    def reasons(self) -> pa.Array:
        """Why each is no event, as far as the fields of an event tell."""
        return pa.array(REASONS).take(pa.array(self.fates))

    @property
    def is_nameless(self) -> np.ndarray:
        return self.accounts.is_null().to_numpy(False)

    @property
    def claims_to_be_event(self) -> np.ndarray:
        return np.isin(self.fates, CLAIMING_FATES)


class Recogniser:
    """Holds the DuckDB connection: in memory, nothing spills to disk."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config=DUCKDB_SETTINGS)
        self._connection.execute("set TimeZone = 'UTC'")
        self._usual_form: int | None = None
        self._lines, self._wholes = self._queries("lines", False), self._queries("wholes", True)
        self._details = _TextQuery(self._connection, "details", _details_sql("details"))
        self._accounts = _TextQuery(self._connection, "accounts", _accounts_sql("accounts"))

    def _queries(self, name: str, are_whole: bool) -> dict[int | None, _TextQuery]:
        """For each form the query that is sure of it only, and the one that tells all."""
        queries = {}
        for form in (None, *range(len(FORMS))):
            view = name if form is None else f"{name}_of_{FORMS[form]}"
            sql = _recognise_sql(view, are_whole, form)
            queries[form] = _TextQuery(self._connection, view, sql)
        return queries

    def close(self) -> None:
        self._connection.close()

    def recognise(self, texts: pa.ChunkedArray, are_whole: bool) -> Recognised:
        """Recognises strings; `are_whole` says that each is known to be one JSON value.

        Otherwise whatever is not simply one object has the fate NO_OBJECT: text that is no
        JSON, an array, a page, several objects, or an object that only lenient parsers take.
        """
        queries = self._wholes if are_whole else self._lines
        fates, forms, accounts = _columns(queries[self._usual_form].run(texts))
        unsure = fates == UNSURE
        if unsure.any():
            found = _columns(queries[None].run(texts.filter(pa.array(unsure))))
            fates[unsure], forms[unsure] = found[:2]
            accounts = pc.replace_with_mask(accounts, pa.array(unsure), found[2])
        self._usual_form = _usual(forms[fates == EVENT], len(texts))
        recognised = Recognised(fates, forms, accounts)
        self._name_accounts(self._respell(texts, recognised), recognised)
        return recognised

    def describe(self, texts: pa.ChunkedArray) -> pa.Array:
        """What objects are that are none of the three forms of an event, in words."""
        return pa.array(REASONS).take(self._details.run(texts)["fate"].combine_chunks())

    def _respell(self, texts: pa.ChunkedArray, recognised: Recognised) -> pa.ChunkedArray:
        """Recognises in their usual spelling what is spelled otherwise; gives the texts so."""
        doubtful = recognised.fates > NO_OBJECT
        doubtful |= recognised.is_event & recognised.is_nameless
        rows = np.flatnonzero(doubtful)
        for pattern in (SPELLED_OTHERWISE, SIGNS):
            is_odd = pc.match_substring_regex(texts.take(pa.array(rows)), pattern)
            rows = rows[is_odd.to_numpy()]
        spelled = {row: _usual_text(texts[row].as_py()) for row in rows.tolist()}
        spelled = {row: text for row, text in spelled.items() if text}
        if not spelled:
            return texts
        rows, usual = np.array(list(spelled)), pa.array(spelled.values())
        fates, forms, accounts = _columns(self._wholes[None].run(pa.chunked_array([usual])))
        is_respelled = np.zeros(len(texts), bool)
        is_respelled[rows] = True
        recognised.fates[rows], recognised.forms[rows] = fates, forms
        recognised.accounts = pc.replace_with_mask(
            recognised.accounts, pa.array(is_respelled), accounts
        )
        return pc.replace_with_mask(texts, pa.array(is_respelled), usual)

    def _name_accounts(self, texts: pa.ChunkedArray, recognised: Recognised) -> None:
        """Gives events that name no account that of their task attributes, else 'unknown'."""
        nameless = pa.array(recognised.is_event & recognised.is_nameless)
        if nameless.true_count:
            named = self._accounts.run(texts.filter(nameless))["account"]
            recognised.accounts = pc.replace_with_mask(
                recognised.accounts, nameless, named.combine_chunks()
            )


def _usual_text(text: str) -> str | None:
    """An event in its usual spelling, if it is spelled otherwise."""
    try:
        event = first_of_each_key(text)
        usual = usual_spelling(event)
        if usual is not event:
            written = json.dumps(usual, ensure_ascii=False)
            written.encode()  # half a surrogate pair is no text
            return written
    except (ValueError, RecursionError, AttributeError):
        pass
    return None


def _columns(found: pa.Table) -> tuple[np.ndarray, np.ndarray, pa.Array]:
    """Fates, forms and accounts."""
    return (
        found["fate"].to_numpy().copy(),
        found["form"].to_numpy().copy(),
        found["account"].combine_chunks(),
    )


def _usual(forms: np.ndarray, texts: int) -> int | None:
    """The form that nearly all of so many texts have, if there is one."""
    counts = np.bincount(forms, minlength=len(FORMS))
    form = int(counts.argmax())
    return form if counts[form] >= USUAL_SHARE * texts else None


class _TextQuery:
    """A query over a view of texts (row, text), which each run fills anew.

    Prepared once: planning it takes as long as running it over megabytes of events.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, view: str, sql: str):
        self._connection, self._view, self._sql = connection, view, sql
        self._texts: pa.Table | None = None

    def run(self, texts: pa.ChunkedArray) -> pa.Table:
        """What the query finds, in the order of the texts."""
        is_first = self._texts is None
        rows = pa.array(np.arange(len(texts), dtype=np.int32))
        table = pa.table({"row": rows, "text": texts})
        portions = table.to_batches(max_chunksize=ROWS_OF_A_PORTION)
        self._texts = pa.Table.from_batches(portions, table.schema)
        if is_first:
            self._connection.register(self._view, self)
            self._connection.execute(f"prepare run_{self._view} as {self._sql}")
        found = self._connection.sql(f"execute run_{self._view}").to_arrow_table()
        rows = found["row"].to_numpy()
        # They come in order as a rule, and finding that out is cheaper than having DuckDB sort.
        return found if (np.diff(rows) > 0).all() else found.take(pa.array(np.argsort(rows)))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """What DuckDB asks for each time that it scans the view."""
        return self._texts.__arrow_c_stream__(requested_schema)


def _fields_sql(paths: dict[str, str], wanted: tuple[str, ...] | None = None) -> tuple[str, str]:
    """The list of paths, and the names of its values: an empty text counts as absent.

    What is not wanted, if that is given, is null.
    """
    read = {name: path for name, path in paths.items() if wanted is None or name in wanted}
    path_list = ", ".join(f"'{path}'" for path in read.values())
    names = [f"nullif(fields[{i}], '') as {name}" for i, name in enumerate(read, 1)]
    names += [f"cast(null as varchar) as {name}" for name in paths if name not in read]
    return f"[{path_list}]", ", ".join(names)


def _is_time_sql(text: str) -> str:
    """Whether a text is a time: as the staging models read it, and of the years 1 to 9999."""
    day, time = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
    iso = rf"{day}([T ]{time}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?)?"
    return f"""
        case
            when regexp_full_match({text}, '[0-9]{{1,11}}') then true
            when regexp_full_match({text}, '[0-9]{{12,15}}')
                then cast({text} as bigint) < 253402300800000
            when regexp_full_match({text}, '{iso}')
                then coalesce(
                    try_cast({text} as timestamptz) >= timestamptz '0001-01-01 00:00:00+00'
                    and try_cast({text} as timestamptz) < timestamptz '10000-01-01 00:00:00+00',
                    false
                )
            else false
        end"""


def _missing_sql(event_type: str, task: str, reservation: str, worker: str) -> str:
    """The fate of an event that does not name what its type needs, else EVENT."""
    names_no_task = f"{task} is null and regexp_full_match({event_type}, '{NAME_TASK}')"
    return f"""
        case
            when starts_with({event_type}, 'reservation.') then case
                when {task} is not null and {reservation} is not null then {EVENT}
                when {task} is not null then {FATE[reasons.NO_RESERVATION]}
                when {reservation} is not null then {FATE[reasons.NO_TASK]}
                else {FATE[reasons.NO_TASK_AND_RESERVATION]}
            end
            when starts_with({event_type}, 'worker.')
                then case when {worker} is null then {FATE[reasons.NO_WORKER]} else {EVENT} end
            when {names_no_task} then {FATE[reasons.NO_TASK]}
            else {EVENT}
        end"""


def _recognise_sql(texts: str, are_whole: bool, form: int | None = None) -> str:
    """The query for any text, or for those of one form: then all others are UNSURE."""
    paths, names = _fields_sql(FIELDS, None if form is None else FIELDS_OF_FORM[form])
    # DuckDB's parser takes a comma before a closing bracket; others do not.
    is_lenient = "false" if are_whole else r"regexp_matches(text, ',[ \t\r\n]*[}\]]')"
    is_page = "false" if are_whole else "coalesce(starts_with(events, '['), false)"
    is_unsure = "false"
    if form is not None:
        is_unsure = f"not is_object or {is_page} or form <> {form} or missing <> {EVENT}"
    missing = _missing_sql("lower(event_type)", "task", "reservation", "worker")
    return rf"""
        with parsed as (
            select
                row,
                try(json_extract_string(text, {paths})) as fields,
                starts_with(text, '{{') and not {is_lenient} as begins_as_object
            from {texts}
        ),
        named as (
            select row, fields is not null and begins_as_object as is_object, {names} from parsed
        ),
        formed as (
            select
                *,
                case
                    when hook_type is not null then 0
                    when rest_type is not null then 1
                    when starts_with(cloud_type, '{PREFIX}') then 2
                    when cloud_type is null and payload_type is not null then 2
                    else {len(FORMS)}
                end as form,
                nullif(replace(cloud_type, '{PREFIX}', ''), '') as type_in_cloud_type
            from named
        ),
        typed as (
            select
                *,
                case form
                    when 0 then hook_type
                    when 1 then rest_type
                    when 2 then coalesce(payload_type, type_in_cloud_type)
                end as event_type,
                case form
                    when 0 then hook_workspace is not null
                    when 1 then rest_workspace is not null
                    else cloud_type is not null
                end as names_taskrouter,
                case form
                    when 0 then coalesce(hook_ms, hook_s)
                    when 1 then coalesce(rest_ms, rest_iso)
                    else coalesce(payload_time, cloud_time)
                end as first_time,
                case form when 0 then hook_s when 1 then rest_iso else cloud_time end as last_time,
                case form
                    when 0 then hook_account
                    when 1 then rest_account
                    else coalesce(payload_account, data_account)
                end as account,
                case form
                    when 0 then hook_resource
                    when 1 then coalesce(rest_resource, data_resource)
                    else payload_resource
                end as resource,
                coalesce(
                    case form when 0 then hook_task when 1 then rest_task else payload_task end,
                    case when starts_with(resource, 'WT') then resource end
                ) as task,
                coalesce(
                    case form
                        when 0 then hook_reservation
                        when 1 then rest_reservation
                        else payload_reservation
                    end,
                    case when starts_with(resource, 'WR') then resource end
                ) as reservation,
                coalesce(
                    case form when 0 then hook_worker when 1 then rest_worker else payload_worker end,
                    case when starts_with(resource, 'WK') then resource end
                ) as worker,
                {missing} as missing
            from formed
        )
        select
            row,
            cast(form as utinyint) as form,
            account,
            cast(case
                when {is_unsure} then {UNSURE}
                when not is_object or {is_page} then {NO_OBJECT}
                when form = {len(FORMS)} then {NO_EVENT}
                when event_type is null then {FATE[reasons.NO_TYPE]}
                when not regexp_matches(lower(event_type), '^({FAMILIES})[.]')
                    and not (
                        names_taskrouter and regexp_full_match(event_type, '{LIKE_A_TYPE}')
                    )
                    then {FATE[reasons.FOREIGN_TYPE]}
                when first_time is null then {FATE[reasons.NO_TIME]}
                when not ({_is_time_sql("first_time")}) and not ({_is_time_sql("last_time")})
                    then {FATE[reasons.UNREADABLE_TIME]}
                else missing
            end as utinyint) as fate
        from typed
    """


def _details_sql(texts: str) -> str:
    paths, names = _fields_sql(DETAILS)
    return rf"""
        with parsed as (
            select row, text, json_extract_string(text, {paths}) as fields from {texts}
        ),
        named as (
            select row, text, {names} from parsed
        )
        select
            row,
            cast(case
                when regexp_full_match(text, '\{{[ 	
]*\}}')
                    then {FATE[reasons.EMPTY_OBJECT]}
                when coalesce(hook_ms, hook_workspace, hook_task, hook_worker) is not null
                    or coalesce(event_data, event_date_ms) is not null
                    or cloud_type = '{PREFIX}'
                    or (
                        cloud_type is null
                        and (payload_workspace is not null or cloud_product = 'TaskRouter')
                    )
                    then {FATE[reasons.NO_TYPE]}
                when object like 'WFM%' then {FATE[reasons.ADHERENCE_FEED]}
                when cloud_version is not null or cloud_type like 'com.twilio.%'
                    then {FATE[reasons.FOREIGN_STREAM]}
                when assignment_status is not null then {FATE[reasons.TASK_RESOURCE]}
                when bare_eventtype is not null then {FATE[reasons.BARE_PAYLOAD]}
                when url like 'https://%.twilio.com/%' then {FATE[reasons.REST_RESOURCE]}
                else {FATE[reasons.UNKNOWN_OBJECT]}
            end as utinyint) as fate
        from named
    """


def _accounts_sql(texts: str) -> str:
    attributes = ", ".join(f"'{path}'" for path in ATTRIBUTES)
    return f"""
        with attributes as (
            select
                row,
                unnest(json_extract_string(text, [{attributes}])) as text
            from {texts}
        )
        select
            row,
            coalesce(
                max(nullif(try(json_extract_string(text, '$.account_sid')), '')),
                '{UNKNOWN_ACCOUNT}'
            ) as account
        from attributes
        group by row
    """
