"""What loads bring of erased customers after their erasure goes the same way, before it is built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from flex_insights.loading.hipaa import PREVIOUS_TASK
from flex_insights.loading.ledger import Ledger
from flex_insights.loading.spelling import first_of_each_key

from flex_insights.privacy.erase import address_values, fields_of, link_values, task_attributes, task_of
from flex_insights.privacy.forget import Hits, clean_rejects, erase_rows, event_sid, file_name
from flex_insights.privacy.mentions import Mentions, address_names
from flex_insights.privacy.register import ANY_ACCOUNT, Register
from flex_insights.privacy.rewrite import Rewriting, event_files, reject_files


@dataclass
class Arrival:
    """A new event: where it stands, and hashes of all that can tell whose it is."""

    path: Path
    number: int
    account: str
    task: str
    marks: set[str]  # any of these in the register makes it an erased one
    ties: set[str]  # of its own task and links: they make others erased
    event: str


def erase_arrivals(data: Path, progress: Callable[[str], None]) -> int:
    """Erases what loads since the last time have brought; gives how many events that changed.

    Does nothing where nobody was ever erased.
    """
    register = Register(data)
    last_load_id = Ledger(data / "loads").last_load_id
    if not register.has_erased or register.swept_load_id >= last_load_id:
        return 0
    progress("Looking for erased customers in what is new")
    new_files = [path for path in event_files(data) if _is_new(path, register)]
    arrivals = list(_arrivals(new_files, register))
    older = [path for path in event_files(data) if path not in new_files]
    erased = _connected(arrivals, register)
    if _new_tasks(erased, register):
        # what landed before may be tied to them as well
        erased = _connected([*arrivals, *_one_of_each(_arrivals(older, register))], register)
    new_tasks = _new_tasks(erased, register)
    mentions = Mentions((), register.countries, register)
    rewriting = Rewriting(data)
    hits = _hits(arrivals, [a for a in erased if a.path in new_files], register)
    for path in new_files:
        if _has_telling_name(path, mentions):
            hits.setdefault(path, Hits(set(), set()))
    _rewrite(rewriting, hits, mentions, register)
    # A task that was known before, but not as an erased customer's.
    rows_before = rewriting.rows_changed
    if new_tasks:
        of_tasks = [a for a in _arrivals(older, register) if (a.account, a.task) in new_tasks]
        _rewrite(rewriting, _hits([], of_tasks, register), mentions, register)
    is_old_data_changed = rewriting.rows_changed > rows_before
    for account, task in new_tasks:
        register.add("task", account, [task])
    changed = rewriting.rows_changed
    for path in reject_files(data):
        if _is_new(path, register):
            rewriting.rewrite(path, lambda rows, _: (clean_rejects(rows, mentions), None))
    rewriting.file_name = lambda name: file_name(name, mentions)
    register.swept_load_id = last_load_id
    rewriting.finish(register, rebuild=is_old_data_changed)
    return changed


def _is_new(path: Path, register: Register) -> bool:
    number = path.name.split("-")[0]
    return number.isdigit() and int(number) > register.swept_load_id


def _arrivals(paths: list[Path], register: Register) -> Iterator[Arrival]:
    for path in paths:
        number = 0
        for batch in pq.ParquetFile(path).iter_batches(10_000, columns=["event", "form", "account_sid"]):
            for row in batch.to_pylist():
                if arrival := _arrival(path, number, register, **row):
                    yield arrival
                number += 1


def _arrival(
    path: Path, number: int, register: Register, event: str, form: str, account_sid: str
) -> Arrival | None:
    try:
        fields = fields_of(first_of_each_key(event), form)
    except (ValueError, RecursionError):
        return None
    attributes = task_attributes(fields, form)
    task = task_of(fields, form)
    ties = {register.hash("link", account_sid, link) for link in link_values(attributes)}
    if task:
        ties.add(register.hash("task", account_sid, task))
    marks = set(ties)
    if previous := attributes.get(PREVIOUS_TASK):
        marks.add(register.hash("task", account_sid, str(previous)))
    countries = tuple(sorted(register.countries))
    for value in address_values(attributes):
        marks |= {
            register.hash("customer", holder, name)
            for name in address_names(value, countries)
            for holder in (account_sid, ANY_ACCOUNT)
        }
    own = register.hash("event", account_sid, event_sid(event, form))
    return Arrival(path, number, account_sid, task, marks, ties, own)


def _connected(arrivals: list[Arrival], register: Register) -> list[Arrival]:
    """Arrivals of erased customers, with all that is tied to them in any number of steps."""
    by_mark: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        for mark in arrival.marks:
            by_mark[mark].append(arrival)
    known = [mark for mark in by_mark if mark in register.hashes]
    seen, erased = set(known), {}
    while known:
        for arrival in by_mark.pop(known.pop(), ()):
            if id(arrival) not in erased:
                erased[id(arrival)] = arrival
                known += arrival.ties - seen
                seen |= arrival.ties
    return list(erased.values())


def _new_tasks(erased: list[Arrival], register: Register) -> set[tuple[str, str]]:
    """Account and SID of erased tasks that the register does not hold yet."""
    return {
        (a.account, a.task) for a in erased
        if a.task and not register.holds("task", a.account, a.task)
    }


def _one_of_each(arrivals: Iterator[Arrival]) -> Iterator[Arrival]:
    """Of events that are tied alike one: most events of a task are."""
    seen = set()
    for arrival in arrivals:
        tied = (arrival.account, arrival.task, frozenset(arrival.marks))
        if tied not in seen:
            seen.add(tied)
            yield arrival


def _hits(
    arrivals: list[Arrival], erased: list[Arrival], register: Register
) -> dict[Path, Hits]:
    hits: dict[Path, Hits] = defaultdict(lambda: Hits(set(), set()))
    for arrival in erased:
        hits[arrival.path].erased.add(arrival.number)
    for arrival in arrivals:
        if arrival.event in register.hashes:
            hits[arrival.path].mentioned.add(arrival.number)
    return hits


def _has_telling_name(path: Path, mentions: Mentions) -> bool:
    names = pq.read_table(path, columns=["source_file"])["source_file"].unique().to_pylist()
    return any(map(mentions.in_stray_text, names))


def _rewrite(
    rewriting: Rewriting, hits: dict[Path, Hits], mentions: Mentions, register: Register
) -> None:
    for path, found in hits.items():
        rewriting.rewrite(
            path, lambda rows, first: erase_rows(rows, first, found, mentions, register)
        )
