-- The tasks and workers of the events that a new load brought, or brought another copy of.
with

new_copies as (
    select * from {{ ref('int_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

-- among these are the earlier copies of new events
competing_copies as (
    select copies.*
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_competing_copies') }} as competing
        on copies.landing_id = competing.landing_id
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
    from competing_copies
)

select
    account_sid,
    task_sid,
    worker_sid,
    min(event_at) as first_event_at
from touched_copies
group by account_sid, task_sid, worker_sid
