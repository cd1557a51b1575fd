"""`make forget`: a customer's tasks lose all that tells of the person, and nothing else does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from flex_insights.database import connect
from flex_insights.loading.ledger import Ledger
from flex_insights.loading.spelling import first_of_each_key, usual_spelling
from flex_insights.progress import Progress
from flex_insights.sql_text import quoted_text

from flex_insights.privacy.erase import erased_event, fields_of, link_values, scrubbed_event, task_attributes
from flex_insights.privacy.mentions import Mentions, address_names, customer_names, normalised
from flex_insights.privacy.numbers import is_number
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import (
    Rewriting,
    erased_name,
    event_files,
    reject_files,
    with_column,
)
from flex_insights.privacy.withdrawal import Erasure

# The models that tell a customer's tasks.
TASK_MODELS = ("int_task_conversations", "int_event_copies", "int_task_attributes")
TASK_SCHEMA = pa.schema([("account_sid", pa.string()), ("task_sid", pa.string())])
Tasks = set[tuple[str, str]]  # account and task SID
ADDRESS_COLUMNS = (
    *("from_address", "caller_address", "to_address", "called_address", "outbound_to_address"),
    *("customer_address", "customers_external_id", "customers_phone", "customers_email"),
)
# Where the id of a conversation is a number or an e-mail address, it names the customer.
LINK_COLUMNS = ("conversations_conversation_id", "call_sid", "flex_interaction_sid")


@dataclass
class Hits:
    """Rows of one file by their number: those of erased tasks, and those that may mention them."""

    erased: set[int]
    mentioned: set[int]


def forget(
    data: Path,
    database: Path,
    values: list[str],
    account: str | None,
    country: str | None,
    progress: Progress,
) -> Erasure:
    """Erases the customers that `values` name. TASK_MODELS must be up to date with the landing zone.

    `country` is the ISO code of the one whose national notation of phone numbers is read, too.
    """
    register = Register(data)
    names = set().union(*(customer_names(value, country) for value in values))
    register.add("customer", account or ANY_ACCOUNT, names)
    register.add("mention", ANY_ACCOUNT, names)
    register.countries.update({country} - {None})
    mentions = Mentions(names, {country} - {None}, as_given=values)
    progress("Looking for the customer's tasks")
    tasks = tasks_of_customer(database, mentions, account)
    rewriting = Rewriting(data)
    erase_tasks(data, database, rewriting, register, tasks, mentions, account, progress)
    events = rewriting.rows_changed
    rewriting.rows_changed = 0
    sids = {task for _, task in tasks}
    for path in reject_files(data):
        rewriting.rewrite(path, lambda rows, _: (clean_rejects(rows, mentions, sids), None))
    rejects = rewriting.rows_changed
    rewriting.file_name = lambda name: file_name(name, mentions)
    register.swept_load_id = Ledger(data / "loads").last_load_id
    progress.done()
    withdrawal = rewriting.finish(register, rebuild=True)
    said = [
        f"{len(tasks):,} tasks erased",
        f"{events:,} events changed, {sum(map(len, rewriting.lost)):,} made rejects without text",
        f"{rejects:,} rejected lines without their text",
    ]
    said += [
        f"{value} is read as an id: for a phone number write it with + and its country, or name a COUNTRY."
        for value in values
        if not tasks and is_number(normalised(value)) and not normalised(value).startswith("+")
    ]
    return Erasure(said, withdrawal)


def tasks_of_customer(database: Path, mentions: Mentions, account: str | None) -> Tasks:
    """The tasks that name the customer in any event, and all others of their conversations."""
    columns = (*ADDRESS_COLUMNS, *LINK_COLUMNS)
    with connect(database.parent, database) as connection:
        versions = connection.execute(
            f"select task_attributes_key, {', '.join(columns)} from intermediate.int_task_attributes"
            f" where {mentions.may_be_among(columns)}"
        )
        keys = []
        while rows := versions.fetchmany(100_000):
            keys += [key for key, *values in rows if _names_customer(values, mentions)]
        connection.execute("create temp table versions as select unnest($1::varchar[]) as key", [keys])
        narrowed = f"account_sid = {quoted_text(account)}" if account else "true"
        found = connection.execute(
            f"""
            with named as (
                select distinct account_sid, task_sid from intermediate.int_event_copies
                where task_attributes_key in (select key from versions) and task_sid is not null
                    and {narrowed}
            ),
            conversations as (
                select conversation_key from intermediate.int_task_conversations
                semi join named using (account_sid, task_sid)
            )
            from named
            union
            select account_sid, task_sid from intermediate.int_task_conversations
            semi join conversations using (conversation_key)
            """
        )
        return set(found.fetchall())


def _names_customer(values: list[str | None], mentions: Mentions) -> bool:
    """Whether a row of address and link columns names the customer."""
    for column, value in zip((*ADDRESS_COLUMNS, *LINK_COLUMNS), values):
        names = address_names(value, mentions.countries) if value else frozenset()
        if column in LINK_COLUMNS:
            names = {name for name in names if name.startswith("+") or "@" in name}
        if not mentions.names.isdisjoint(names):
            return True
    return False


def erase_tasks(
    data: Path,
    database: Path,
    rewriting: Rewriting,
    register: Register,
    tasks: Tasks,
    mentions: Mentions,
    account: str | None,
    progress: Progress,
) -> None:
    """Erases the tasks, and mentions elsewhere, in the landing zone; the register learns of both."""
    for holder, sids in _by_account(tasks).items():
        register.add("task", holder, sids)
    for path, hits in find_rows(data, database, tasks, mentions, account).items():
        progress(f"Erasing in {path.name}")
        rewriting.rewrite(
            path, lambda rows, first: erase_rows(rows, first, hits, mentions, register)
        )


def erase_rows(
    rows: pa.Table, first: int, hits: Hits, mentions: Mentions, register: Register
) -> tuple[pa.Table, np.ndarray]:
    """The rows with some erased or cleaned of mentions, and those for which that is impossible."""
    texts, names = rows["event"].to_pylist(), rows["source_file"].to_pylist()
    forms, accounts = rows["form"].to_pylist(), rows["account_sid"].to_pylist()
    is_lost = np.zeros(len(rows), bool)
    for i, (text, form, account) in enumerate(zip(texts, forms, accounts)):
        number = first + i
        try:
            if number in hits.erased:
                register.add("link", account, _links(text, form))
                texts[i] = erased_event(text, form, account, mentions)
            elif number in hits.mentioned:
                texts[i] = scrubbed_event(text, account, mentions)
                if texts[i] != text:
                    register.add("event", account, [event_sid(text, form)])
        except (ValueError, RecursionError):
            texts[i], is_lost[i] = "", True
    names = [file_name(name, mentions) for name in names]
    return with_column(with_column(rows, "event", texts), "source_file", names), is_lost


def find_rows(
    data: Path, database: Path, tasks: Tasks, mentions: Mentions, account: str | None
) -> dict[Path, Hits]:
    """Rows of tasks, and rows (of one account, if given) that may hold a mention, by file."""
    narrowed = f"account_sid = {quoted_text(account)}" if account else "true"
    files = [str(path) for path in event_files(data)]
    with connect(data, database) as connection:
        connection.register(
            "tasks",
            pa.table([[a for a, _ in tasks], [t for _, t in tasks]], TASK_SCHEMA),
        )
        found = connection.execute(
            f"""
            with of_tasks as (
                select landing_id from intermediate.int_event_copies
                semi join tasks using (account_sid, task_sid)
            )
            select filename, file_row_number, of_tasks.landing_id is not null
            from read_parquet(
                $1, filename = true, file_row_number = true, hive_partitioning = false
            )
            left join of_tasks using (landing_id)
            where of_tasks.landing_id is not null
                or ({narrowed} and ({mentions.may_be_in('event')}
                    or {mentions.may_be_in('source_file')}))
            """,
            [files],
        ).fetchall()
    hits: dict[Path, Hits] = defaultdict(lambda: Hits(set(), set()))
    for file, number, is_erased in found:
        (hits[Path(file)].erased if is_erased else hits[Path(file)].mentioned).add(number)
    return hits


def _links(text: str, form: str) -> list[str]:
    return list(link_values(task_attributes(fields_of(first_of_each_key(text), form), form)))


def event_sid(text: str, form: str) -> str:
    """The id of an event; empty if it has none."""
    event = usual_spelling(first_of_each_key(text))
    if form == "event_streams":
        return str(fields_of(event, form).get("sid") or event["data"].get("sid") or "")
    return str(event.get("Sid" if form == "webhook" else "sid") or "")


def clean_rejects(rows: pa.Table, mentions: Mentions, tasks: Collection[str] = ()) -> pa.Table:
    """Rejects without their text where it mentions the customer or one of the tasks."""
    texts = [
        "" if mentions.in_stray_text(text, tasks) else text for text in rows["text"].to_pylist()
    ]
    names = [file_name(name, mentions) for name in rows["source_file"].to_pylist()]
    return with_column(with_column(rows, "text", texts), "source_file", names)


def file_name(name: str, mentions: Mentions) -> str:
    """The name of an event file, or what stands for it if it mentions somebody."""
    return erased_name(name) if mentions.in_stray_text(name) else name


def _by_account(tasks: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    accounts: dict[str, set[str]] = defaultdict(set)
    for account, sid in tasks:
        accounts[account].add(sid)
    return accounts
