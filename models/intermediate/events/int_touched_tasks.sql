-- The tasks of the events that a new load brought, or brought another copy of.
select distinct
    account_sid,
    task_sid
from {{ ref('int_touched_events') }}
where task_sid is not null
