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

-- the owners of these may be others than before
disputed_copies as (
    select copies.*
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_reservation_owners') }} as owners
        on
            copies.account_sid = owners.account_sid
            and copies.reservation_sid = owners.reservation_sid
    inner join {{ ref('stg_new_loads') }} as new_loads
        on owners.touched_by_load_id = new_loads.load_id
),

touched_copies as (
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from new_copies
    union all
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from competing_copies
    union all
    select
        account_sid,
        task_sid,
        worker_sid,
        event_at
    from disputed_copies
)

select
    account_sid,
    task_sid,
    worker_sid,
    min(event_at) as first_event_at
from touched_copies
group by account_sid, task_sid, worker_sid
