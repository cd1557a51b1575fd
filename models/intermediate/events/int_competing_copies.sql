-- The copies of every event that came more than once, if a new load brought one of them.
with

new_loads as (
    select load_id from {{ ref('stg_new_loads') }}
),

new_copies as (
    select
        copies.account_sid,
        copies.event_sid,
        copies.event_type,
        copies.landing_id
    from {{ ref('int_event_copies') }} as copies
    inner join new_loads on copies.load_id = new_loads.load_id
),

earlier_copies as (
    select
        copies.account_sid,
        copies.event_sid,
        copies.event_type,
        copies.landing_id
    from {{ ref('int_event_copies') }} as copies
    left join new_loads on copies.load_id = new_loads.load_id
    where new_loads.load_id is null
),

events_with_copies as (
    select
        account_sid,
        event_sid,
        event_type
    from new_copies
    group by account_sid, event_sid, event_type
    having count(*) > 1
    union
    select
        new_copies.account_sid,
        new_copies.event_sid,
        new_copies.event_type
    from earlier_copies
    inner join new_copies
        on
            earlier_copies.account_sid = new_copies.account_sid
            and earlier_copies.event_sid = new_copies.event_sid
            and earlier_copies.event_type = new_copies.event_type
)

select copies.landing_id
from {{ ref('int_event_copies') }} as copies
inner join events_with_copies
    on
        copies.account_sid = events_with_copies.account_sid
        and copies.event_sid = events_with_copies.event_sid
        and copies.event_type = events_with_copies.event_type
