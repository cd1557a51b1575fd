-- The rows of reservations with their leg, and whether the task's outcome is theirs.
with

rows_of_reservations as (
    select * from {{ ref('int_reservation_rows') }}
),

reservations as (
    select * from {{ ref('int_reservations') }}
),

last_accepts as (
    select
        account_sid,
        task_sid,
        max(coalesce(accepted_number, first_after_talk_number)) as last_accept_number
    from reservations
    where reservation_state in ('accepted', 'corrupted')
    group by account_sid, task_sid
)

select
    {{ reservation_segment_key('reservations.reservation_sid', 'reservations.account_sid') }}
        as segment_key,
    rows_of_reservations.*,
    reservations.task_sid,
    reservations.worker_sid,
    reservations.worker_attributes_key,
    case reservations.reservation_state
        when 'corrupted' then 'accepted' else reservations.reservation_state
    end as reservation_outcome,
    coalesce(
        rows_of_reservations.accept_or_later_number = last_accepts.last_accept_number, false
    ) as has_task_outcome,
    legs.visit_number,
    case
        when rows_of_reservations.derived_kind in ('Conversation', 'Conversation in Progress')
            then case when legs.has_answered_visit then visits.computed_queue_time else 0 end
    end as computed_queue_time
from rows_of_reservations
inner join reservations
    on
        rows_of_reservations.account_sid = reservations.account_sid
        and rows_of_reservations.reservation_sid = reservations.reservation_sid
left join last_accepts
    on
        reservations.account_sid = last_accepts.account_sid
        and reservations.task_sid = last_accepts.task_sid
left join {{ ref('int_reservation_visits') }} as legs
    on
        reservations.account_sid = legs.account_sid
        and reservations.reservation_sid = legs.reservation_sid
left join {{ ref('int_queue_visits') }} as visits
    on
        legs.account_sid = visits.account_sid
        and legs.task_sid = visits.task_sid
        and legs.visit_number = visits.visit_number
