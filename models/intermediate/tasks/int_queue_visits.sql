-- One row for each visit of a task to a queue: from the entry to what ended it, or open.
with

boundaries as (
    select * from {{ ref('int_visit_boundaries') }}
    where visit_number > 0
),

-- an entry that is only implied has no event
boundary_events as (
    select
        boundaries.account_sid,
        boundaries.task_sid,
        boundaries.event_number,
        boundaries.mark,
        boundaries.reservation_sid,
        boundaries.accepts_before,
        boundaries.event_type,
        task_events.event_at,
        task_events.task_queue_sid,
        task_events.task_queue_name,
        task_events.transfer_type,
        task_events.transfer_mode,
        task_events.transfer_to,
        task_events.task_transfer_sid,
        task_events.transfer_initiating_worker_sid,
        task_events.transfer_initiating_reservation_sid
    from boundaries
    left join {{ ref('int_task_events') }} as task_events
        on
            boundaries.account_sid = task_events.account_sid
            and boundaries.task_sid = task_events.task_sid
            and boundaries.event_number = task_events.event_number
),

-- the queue is named by the entry; that of a transfer to a queue by the next entry
opened as (
    select
        account_sid,
        task_sid,
        visit_number,
        min(event_number) filter (where opens_visit) as opened_number,
        min(event_number) filter (where ends_visit) as closed_number,
        min(event_number) filter (where mark = 'entry' and event_type != 'implied')
            as naming_number
    from boundaries
    group by account_sid, task_sid, visit_number
),

-- a visit ends when something closes it, else when the next one opens
ended as (
    select
        *,
        coalesce(closed_number, lead(opened_number) over (
            partition by task_sid, account_sid order by visit_number
        )) as ended_number
    from opened
),

-- for a visit without entry event: what the events of its time say of its queue and its start
carried_by_events as (
    select
        ended.account_sid,
        ended.task_sid,
        min_by(task_events.task_queue_sid, task_events.event_number)
            filter (where task_events.task_queue_sid is not null) as task_queue_sid,
        min_by(task_events.task_queue_name, task_events.event_number)
            filter (where task_events.task_queue_name is not null) as task_queue_name,
        min_by(task_events.task_queue_entered_at, task_events.event_number)
            filter (where task_events.task_queue_entered_at is not null) as entered_at
    from ended
    inner join {{ ref('int_task_events') }} as task_events
        on
            ended.account_sid = task_events.account_sid
            and ended.task_sid = task_events.task_sid
    where
        ended.opened_number = 0
        and (ended.ended_number is null or task_events.event_number <= ended.ended_number)
    group by ended.account_sid, ended.task_sid
),

visits as (
    select
        ended.account_sid,
        ended.task_sid,
        ended.visit_number,
        coalesce(naming.task_queue_sid, opening.task_queue_sid, carried_by_events.task_queue_sid)
            as task_queue_sid,
        coalesce(naming.task_queue_name, opening.task_queue_name, carried_by_events.task_queue_name)
            as task_queue_name,
        opening.event_type as opened_by,
        opening.transfer_type,
        opening.transfer_mode,
        opening.transfer_to,
        opening.task_transfer_sid,
        opening.transfer_initiating_worker_sid,
        opening.transfer_initiating_reservation_sid,
        ended.opened_number,
        coalesce(
            opening.event_at, carried_by_events.entered_at, tasks.created_at, tasks.first_event_at
        ) as started_at,
        ended.ended_number,
        ending.event_at as ended_at,
        ending.event_type as ended_by,
        ending.accepts_before,
        case
            when ending.mark in ('accept', 'corrupted') then ending.reservation_sid
        end as answered_by_reservation_sid,
        ending.mark as ending_mark
    from ended
    inner join {{ ref('int_tasks') }} as tasks
        on ended.account_sid = tasks.account_sid and ended.task_sid = tasks.task_sid
    inner join boundary_events as opening
        on
            ended.account_sid = opening.account_sid
            and ended.task_sid = opening.task_sid
            and ended.opened_number = opening.event_number
    left join boundary_events as naming
        on
            ended.account_sid = naming.account_sid
            and ended.task_sid = naming.task_sid
            and ended.naming_number = naming.event_number
    left join boundary_events as ending
        on
            ended.account_sid = ending.account_sid
            and ended.task_sid = ending.task_sid
            and ended.ended_number = ending.event_number
    left join carried_by_events
        on
            ended.account_sid = carried_by_events.account_sid
            and ended.task_sid = carried_by_events.task_sid
            and ended.opened_number = 0
)

-- how long the customer waited is not known where the accept is missing
select
    *,
    case
        when ending_mark != 'corrupted' then {{ seconds_between('started_at', 'ended_at') }}
    end as computed_queue_time
from visits
