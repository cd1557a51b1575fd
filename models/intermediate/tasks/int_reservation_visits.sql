with

reservations as (
    select
        account_sid,
        task_sid,
        reservation_sid,
        reservation_state = 'rescinded' and offered_number is null as may_be_late,
        coalesce(offered_number, first_event_number) as anchor_number
    from {{ ref('int_reservations') }}
),

visits as (
    select * from {{ ref('int_queue_visits') }}
),

in_task_order as (
    select
        account_sid,
        task_sid,
        opened_number as event_number,
        visit_number,
        cast(null as {{ text_type() }}) as reservation_sid,
        cast(null as boolean) as may_be_late
    from visits
    union all
    select
        account_sid,
        task_sid,
        anchor_number,
        null,
        reservation_sid,
        may_be_late
    from reservations
),

with_latest_visit as (
    select
        *,
        max(visit_number) over (
            partition by task_sid, account_sid
            order by event_number rows between unbounded preceding and current row
        ) as latest_visit_number
    from in_task_order
),

offered_during as (
    select
        offers.account_sid,
        offers.reservation_sid,
        offers.latest_visit_number as visit_number
    from with_latest_visit as offers
    inner join visits
        on
            offers.account_sid = visits.account_sid
            and offers.task_sid = visits.task_sid
            and offers.latest_visit_number = visits.visit_number
    where
        offers.reservation_sid is not null
        and (
            visits.ended_number is null
            or offers.event_number <= visits.ended_number
            or offers.may_be_late
        )
),

answered as (
    select
        account_sid,
        answered_by_reservation_sid as reservation_sid,
        visit_number
    from visits
    where answered_by_reservation_sid is not null
)

select
    reservations.account_sid,
    reservations.task_sid,
    reservations.reservation_sid,
    coalesce(answered.visit_number, offered_during.visit_number) as visit_number,
    answered.visit_number is not null as has_answered_visit
from reservations
left join answered
    on
        reservations.account_sid = answered.account_sid
        and reservations.reservation_sid = answered.reservation_sid
left join offered_during
    on
        reservations.account_sid = offered_during.account_sid
        and reservations.reservation_sid = offered_during.reservation_sid
where coalesce(answered.visit_number, offered_during.visit_number) is not null
