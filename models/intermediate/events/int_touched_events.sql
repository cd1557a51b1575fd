with

new_copies as (
    select * from {{ ref('int_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

-- these include the earlier copies of new events
competing_copies as (
    select copies.*
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_competing_copies') }} as competing
        on copies.landing_id = competing.landing_id
),

touched_copies as (
    select * from new_copies
    union all
    select * from competing_copies
),

disputed_reservations as (
    select distinct
        owners.account_sid,
        owners.reservation_sid
    from touched_copies
    inner join {{ ref('int_reservation_owners') }} as owners
        on
            touched_copies.account_sid = owners.account_sid
            and touched_copies.reservation_sid = owners.reservation_sid
),

with_disputed as (
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from touched_copies
    union all
    select
        copies.account_sid,
        copies.task_sid,
        copies.worker_sid,
        copies.event_at
    from {{ ref('int_event_copies') }} as copies
    inner join disputed_reservations
        on
            copies.account_sid = disputed_reservations.account_sid
            and copies.reservation_sid = disputed_reservations.reservation_sid
)

select
    account_sid,
    task_sid,
    worker_sid,
    min(event_at) as first_event_at
from with_disputed
group by account_sid, task_sid, worker_sid
