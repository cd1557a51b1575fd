with

superseded as (
    select landing_id from {{ ref('int_superseded_copies') }}
),

-- a better copy can name others than the one before, so the copies it competes with count too
touched_reservations as ( -- noqa: ST03
    select
        account_sid,
        reservation_sid
    from {{ ref('int_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
    union
    select
        copies.account_sid,
        copies.reservation_sid
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_competing_copies') }} as competing
        on copies.landing_id = competing.landing_id
),

-- by all copies: a reservation once disputed stays here, whichever copy of an event is kept
disputed as (
    select
        copies.account_sid,
        copies.reservation_sid
    from {{ ref('int_event_copies') }} as copies
    {% if is_incremental() -%}
        inner join touched_reservations
            on
                copies.account_sid = touched_reservations.account_sid
                and copies.reservation_sid = touched_reservations.reservation_sid
    {% endif -%}
    where copies.event_type like 'reservation.%' and copies.has_plausible_time
    group by copies.account_sid, copies.reservation_sid
    having
        copies.reservation_sid is not null
        and (
            min(copies.task_sid) != max(copies.task_sid)
            or min(copies.worker_sid) != max(copies.worker_sid)
        )
),

in_order as (
    select
        copies.account_sid,
        copies.reservation_sid,
        copies.task_sid,
        copies.worker_sid,
        row_number() over (
            partition by copies.reservation_sid, copies.account_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('int_event_copies') }} as copies
    inner join disputed
        on
            copies.account_sid = disputed.account_sid
            and copies.reservation_sid = disputed.reservation_sid
    left join superseded on copies.landing_id = superseded.landing_id
    where
        copies.event_type like 'reservation.%'
        and copies.has_plausible_time
        and superseded.landing_id is null
),

owning_tasks as (
    select
        account_sid,
        reservation_sid,
        min_by(task_sid, event_number) filter (where task_sid is not null) as task_sid
    from in_order
    group by account_sid, reservation_sid
)

select
    owning_tasks.account_sid,
    owning_tasks.reservation_sid,
    owning_tasks.task_sid,
    min_by(in_order.worker_sid, in_order.event_number)
        filter (where in_order.worker_sid is not null) as worker_sid,
    (select max(new_loads.load_id) from {{ ref('stg_new_loads') }} as new_loads)
        as touched_by_load_id
from owning_tasks
inner join in_order
    on
        owning_tasks.account_sid = in_order.account_sid
        and owning_tasks.reservation_sid = in_order.reservation_sid
        and owning_tasks.task_sid is not distinct from in_order.task_sid
group by owning_tasks.account_sid, owning_tasks.reservation_sid, owning_tasks.task_sid
