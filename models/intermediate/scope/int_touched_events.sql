-- The tasks and workers of the events that a new load brought, or brought another copy of.
with

new_copies as (
    select * from {{ ref('stg_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

earlier_copies as (
    select * from {{ ref('stg_event_copies') }}
    where load_id not in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

new_events as (
    select distinct
        account_sid,
        event_sid,
        event_type
    from new_copies
),

earlier_copies_of_new_events as (
    select earlier_copies.*
    from earlier_copies
    inner join new_events
        on
            earlier_copies.account_sid = new_events.account_sid
            and earlier_copies.event_sid = new_events.event_sid
            and earlier_copies.event_type = new_events.event_type
),

touched_copies as (
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from new_copies
    union all
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from earlier_copies_of_new_events
)

select
    account_sid,
    task_sid,
    worker_sid,
    min(event_at) as first_event_at
from touched_copies
group by account_sid, task_sid, worker_sid
