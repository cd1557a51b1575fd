-- The copies of every event that came more than once, if a new load brought one of them.
with

new_copies as (
    select
        account_sid,
        event_sid,
        event_type,
        landing_id
    from {{ ref('stg_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

new_events as (
    select
        account_sid,
        event_sid,
        event_type,
        count(*) as new_copies
    from new_copies
    group by account_sid, event_sid, event_type
),

earlier_copies as (
    select
        new_events.account_sid,
        new_events.event_sid,
        new_events.event_type,
        copies.landing_id
    from {{ ref('stg_event_copies') }} as copies
    inner join new_events
        on
            copies.account_sid = new_events.account_sid
            and copies.event_sid = new_events.event_sid
            and copies.event_type = new_events.event_type
    where copies.load_id not in (
        select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads
    )
),

events_with_copies as (
    select
        account_sid,
        event_sid,
        event_type
    from new_events
    where new_copies > 1
    union
    select
        account_sid,
        event_sid,
        event_type
    from earlier_copies
)

select new_copies.landing_id
from new_copies
inner join events_with_copies
    on
        new_copies.account_sid = events_with_copies.account_sid
        and new_copies.event_sid = events_with_copies.event_sid
        and new_copies.event_type = events_with_copies.event_type
union all
select landing_id from earlier_copies
