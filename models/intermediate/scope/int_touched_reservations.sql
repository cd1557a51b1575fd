-- The reservations and workers that any copy of an event of a touched task names, or of one that is
-- built again, with the task's first event. Of tasks that are wholly new nothing was built before.
with

new_loads as (
    select load_id from {{ ref('stg_new_loads') }}
),

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

tasks_known_before as (
    select distinct
        tasks.account_sid,
        tasks.task_sid
    from tasks
    inner join {{ ref('int_event_copies') }} as copies
        on tasks.account_sid = copies.account_sid and tasks.task_sid = copies.task_sid
    left join new_loads on copies.load_id = new_loads.load_id
    where new_loads.load_id is null
),

reservations as (
    select
        copies.account_sid,
        copies.task_sid,
        copies.reservation_sid,
        copies.worker_sid,
        min(copies.event_at) as first_event_at
    from {{ ref('int_event_copies') }} as copies
    inner join tasks_known_before
        on
            copies.account_sid = tasks_known_before.account_sid
            and copies.task_sid = tasks_known_before.task_sid
    group by copies.account_sid, copies.task_sid, copies.reservation_sid, copies.worker_sid
)

select
    account_sid,
    task_sid,
    reservation_sid,
    worker_sid,
    min(first_event_at) over (partition by task_sid, account_sid) as task_first_event_at
from reservations
