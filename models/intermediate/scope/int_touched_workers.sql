-- The workers that a new load tells of, or that took part in a task which is new or built again,
-- and the earliest moment of what can have changed.
with

changes as (
    select
        events.account_sid,
        events.worker_sid,
        coalesce(tasks.first_event_at, events.first_event_at) as changed_at
    from {{ ref('int_touched_events') }} as events
    left join {{ ref('int_touched_tasks') }} as tasks
        on events.account_sid = tasks.account_sid and events.task_sid = tasks.task_sid
    where events.worker_sid is not null
    union all
    select
        account_sid,
        worker_sid,
        task_first_event_at
    from {{ ref('int_touched_reservations') }}
    where worker_sid is not null
)

select
    account_sid,
    worker_sid,
    min(changed_at) as changed_at
from changes
group by account_sid, worker_sid
