with

visits as (
    select * from {{ ref('int_queue_visits') }}
),

legs as (
    select * from {{ ref('int_reservation_visits') }}
),

reservations as (
    select * from {{ ref('int_reservations') }}
),

-- the reservations of a leg that were offered for a transfer
transfer_offers as (
    select
        legs.account_sid,
        legs.task_sid,
        legs.visit_number,
        {%- for column in [
            'task_transfer_sid', 'transfer_type', 'transfer_mode',
            'transfer_initiating_worker_sid', 'transfer_initiating_reservation_sid',
        ] %}
        min_by(reservations.{{ column }}, reservations.first_event_number)
            filter (where reservations.{{ column }} is not null) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from legs
    inner join reservations
        on
            legs.account_sid = reservations.account_sid
            and legs.reservation_sid = reservations.reservation_sid
    where reservations.is_transfer_target
    group by legs.account_sid, legs.task_sid, legs.visit_number
),

voice as (
    select
        visits.account_sid,
        visits.task_sid,
        visits.visit_number,
        visits.opened_number,
        coalesce(visits.task_transfer_sid, offers.task_transfer_sid) as transfer_sid,
        upper(coalesce(visits.transfer_type, offers.transfer_type)) as type_code,
        upper(coalesce(visits.transfer_mode, offers.transfer_mode)) as mode_code,
        coalesce(
            visits.transfer_initiating_worker_sid, offers.transfer_initiating_worker_sid
        ) as initiating_worker_sid,
        coalesce(
            visits.transfer_initiating_reservation_sid, offers.transfer_initiating_reservation_sid
        ) as initiating_reservation_sid
    from visits
    left join transfer_offers as offers
        on
            visits.account_sid = offers.account_sid
            and visits.task_sid = offers.task_sid
            and visits.visit_number = offers.visit_number
    where visits.opened_by = 'task.transfer-initiated' or offers.task_sid is not null
)

select * from voice
