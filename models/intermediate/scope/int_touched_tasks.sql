-- The tasks of the events that a new load brought, or brought another copy of.
with

copies as (
    select * from {{ ref('stg_event_copies') }}
),

new_events as (
    select distinct
        account_sid,
        event_sid,
        event_type
    from copies
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
)

select distinct
    copies.account_sid,
    copies.task_sid
from copies
inner join new_events
    on
        copies.account_sid = new_events.account_sid
        and copies.event_sid = new_events.event_sid
        and copies.event_type = new_events.event_type
where copies.task_sid is not null
