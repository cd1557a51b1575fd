-- The workers that a new load tells of, or that took part in a task which is built again, and the
-- earliest moment of what can have changed.
with

changes as (
    select
        account_sid,
        worker_sid,
        first_event_at as changed_at
    from {{ ref('int_touched_events') }}
    where worker_sid is not null
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
