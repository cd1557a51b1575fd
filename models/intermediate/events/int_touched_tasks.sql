-- The tasks of the events that a new load brought, or brought another copy of.
select
    account_sid,
    task_sid,
    min(first_event_at) as first_event_at
from {{ ref('int_touched_events') }}
where task_sid is not null
group by account_sid, task_sid
