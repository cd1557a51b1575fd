"""`make expire`: events and facts older than a date go; what remains keeps its numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flex_insights.database import connect
from flex_insights.loading.commit import workspace_path
from flex_insights.progress import Progress

from flex_insights.privacy.erase import agents_event
from flex_insights.privacy.errors import WrongUse
from flex_insights.privacy.register import Register
from flex_insights.privacy.rewrite import Rewriting, event_files, reject_files, with_column
from flex_insights.privacy.withdrawal import Erasure

KEPT_SINCE = Path("kept_since")
FORM_OF_MARK = "%Y-%m-%dT%H%M%S"
# The models that tell what is older and what of it is still spoken of.
RETENTION_MODELS = ("fct_conversations", "int_worker_events", "int_worker_observations")
ACTIVITY_EVENTS = "('worker.created', 'worker.activity.update', 'worker.deleted')"

# A conversation stays whole while anything in it is not older, or it is in progress.
KEPT_CONVERSATIONS = """
    create temp table kept as
    select conversations.conversation_key
    from intermediate.int_task_conversations as conversations
    inner join intermediate.int_event_copies as copies using (account_sid, task_sid)
    where copies.event_type not like 'worker.%'
    group by 1
    having max(copies.event_at) >= $1
    union
    select conversation_key from marts.fct_conversations where is_in_progress
"""
# So do conversations that a kept one's rows speak of: those linked to it, and the customer's next.
SPOKEN_OF = """
    insert into kept
    with links as (
        select one.conversation_key, other.conversation_key as linked_key
        from intermediate.int_task_conversations as one
        inner join intermediate.int_task_conversations as other
            on one.account_sid = other.account_sid and one.previous_task_sid = other.task_sid
        where one.conversation_key != other.conversation_key
    )
    select linked_key from links semi join kept using (conversation_key)
    union
    select conversation_key from links
    where linked_key in (select conversation_key from kept)
    union
    select later.conversation_key
    from marts.fct_conversations as later
    inner join marts.fct_conversations as earlier using (customer_key)
    semi join kept on earlier.conversation_key = kept.conversation_key
    where later.started_at >= earlier.started_at
    except
    select conversation_key from kept
"""
# Of the time before, what is known of each agent, and the activity each was in.
KEPT_OF_AGENTS = f"""
    create temp table kept_of_agents as
    select events.account_sid, events.event_sid, events.event_type
    from intermediate.int_worker_events as events
    semi join intermediate.int_worker_observations using (account_sid, worker_sid, event_number)
    where events.event_at < $1
    union
    select account_sid, max_by(event_sid, event_number), max_by(event_type, event_number)
    from intermediate.int_worker_events
    where event_at < $1 and event_type in {ACTIVITY_EVENTS}
    group by account_sid, worker_sid
"""
OLDER_EVENTS = """
    select
        copies.landing_id,
        of_agents.event_sid is not null as is_kept_of_agent
    from intermediate.int_event_copies as copies
    left join intermediate.int_task_conversations as conversations
        on copies.account_sid = conversations.account_sid and copies.task_sid = conversations.task_sid
    left join kept_of_agents as of_agents
        on copies.account_sid = of_agents.account_sid and copies.event_sid = of_agents.event_sid
            and copies.event_type = of_agents.event_type
    where copies.event_at < $1
        and (conversations.conversation_key is null
            or conversations.conversation_key not in (select conversation_key from kept))
        and not (of_agents.event_sid is not null and copies.event_type like 'worker.%')
"""


@dataclass
class Older:
    """Rows of one file by their number: those that go, and those that only tell of an agent yet."""

    dropped: set[int] = field(default_factory=set)
    stripped: set[int] = field(default_factory=set)


def midnight(text: str, zone: str) -> datetime:
    """The beginning of a day in a zone. Raises WrongUse."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise WrongUse(f"BEFORE={text} is no date: write it as 2026-01-31.") from None
    if day > datetime.now(ZoneInfo(zone)).date():
        raise WrongUse(f"BEFORE={text} is still to come: name today or a day before.")
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)


def expire(data: Path, database: Path, before: datetime, progress: Progress) -> Erasure:
    """Drops what is older than `before`. RETENTION_MODELS must be up to date with the landing zone."""
    moment = before.replace(tzinfo=None)
    rewriting = Rewriting(data)
    progress("Looking for what is older")
    for path, older in _older_rows(data, database, moment).items():
        progress(f"Clearing {path.name}")
        rewriting.rewrite(path, lambda rows, first: _without_older(rows, first, older))
    events, stripped = rewriting.rows_removed, rewriting.rows_changed
    rewriting.rows_removed = 0
    for path in reject_files(data):
        rewriting.rewrite(path, lambda rows, _: (_loaded_since(rows, moment), None))
    _write_kept_since(data, moment, rewriting)
    progress.done()
    withdrawal = rewriting.finish(Register(data), rebuild=True)
    said = [
        f"{events:,} events removed",
        f"{stripped:,} events of which only what they say of an agent is left",
        f"{rewriting.rows_removed:,} rejected lines removed",
    ]
    return Erasure(said, withdrawal)


def _older_rows(data: Path, database: Path, moment: datetime) -> dict[Path, Older]:
    with connect(data, database) as connection:
        connection.execute(KEPT_CONVERSATIONS, [moment])
        while connection.execute(SPOKEN_OF).fetchone()[0]:
            pass
        connection.execute(KEPT_OF_AGENTS, [moment])
        connection.execute(f"create temp table older as {OLDER_EVENTS}", [moment])
        found = connection.execute(
            """
            select filename, file_row_number, is_kept_of_agent
            from read_parquet(
                $1, filename = true, file_row_number = true, hive_partitioning = false
            )
            inner join older using (landing_id)
            """,
            [[str(path) for path in event_files(data)]],
        ).fetchall()
    rows: dict[Path, Older] = defaultdict(Older)
    for file, number, is_kept_of_agent in found:
        older = rows[Path(file)]
        (older.stripped if is_kept_of_agent else older.dropped).add(number)
    return rows


def _without_older(rows: pa.Table, first: int, older: Older) -> tuple[pa.Table, np.ndarray | None]:
    texts, forms = rows["event"].to_pylist(), rows["form"].to_pylist()
    for i, (text, form) in enumerate(zip(texts, forms)):
        if first + i in older.stripped:
            texts[i] = agents_event(text, form)
    is_kept = pa.array([first + i not in older.dropped for i in range(len(rows))])
    return with_column(rows, "event", texts).filter(is_kept), None


def _loaded_since(rows: pa.Table, moment: datetime) -> pa.Table:
    return rows.filter(pc.greater_equal(rows["loaded_at"], pa.scalar(moment, pa.timestamp("us"))))


def kept_since(data: Path) -> datetime | None:
    """The moment, in UTC, before which everything has expired."""
    names = [path.name for path in (data / KEPT_SINCE).glob("*")]
    if not names:
        return None
    return datetime.strptime(max(names), FORM_OF_MARK).replace(tzinfo=timezone.utc)


def _write_kept_since(data: Path, moment: datetime, rewriting: Rewriting) -> None:
    """Leaves word for the models, which show no stay in an activity that ended before.

    An earlier date than the last one's changes nothing: what was in between is gone.
    """
    names = [path.name for path in (data / KEPT_SINCE).glob("*")]
    target = KEPT_SINCE / max([moment.strftime(FORM_OF_MARK), *names])
    if target.name in names:
        return
    workspace_path(data, target).touch()
    rewriting.targets.append(target)
    rewriting.removals += [KEPT_SINCE / name for name in names]
    rewriting.accounts = None
