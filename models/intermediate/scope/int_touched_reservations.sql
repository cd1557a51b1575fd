-- The reservations and workers that any copy of an event of a touched task names, or of one that is
-- built again, with the task's first event.
with

tasks as (
    select
        account_sid,
        task_sid
    from {{ ref('int_touched_tasks') }}
    union
    select
        account_sid,
        task_sid
    from {{ ref('int_scope_tasks') }}
    where is_rebuilt
),

reservations as (
    select
        copies.account_sid,
        copies.task_sid,
        copies.reservation_sid,
        copies.worker_sid,
        min(copies.event_at) as first_event_at
    from {{ ref('stg_event_copies') }} as copies
    inner join tasks
        on copies.account_sid = tasks.account_sid and copies.task_sid = tasks.task_sid
    group by copies.account_sid, copies.task_sid, copies.reservation_sid, copies.worker_sid
)

select
    account_sid,
    task_sid,
    reservation_sid,
    worker_sid,
    min(first_event_at) over (partition by account_sid, task_sid) as task_first_event_at
from reservations
