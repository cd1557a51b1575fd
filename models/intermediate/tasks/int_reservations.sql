-- What is known of each reservation of a task from its own events.
with

milestones as (
    select
        account_sid,
        reservation_sid,
        min(task_sid) as task_sid,
        max_by(worker_sid, event_number) filter (where worker_sid is not null) as worker_sid,
        max_by(readable_worker_attributes_key, event_number)
            filter (where readable_worker_attributes_key is not null) as worker_attributes_key,

        min(event_number) as first_event_number,
        min(event_at) as first_event_at,
        max(event_number) as last_event_number,
        min(event_number) filter (where event_type = 'reservation.created') as offered_number,
        min(event_at) filter (where event_type = 'reservation.created') as offered_at,
        min(event_number) filter (where event_type = 'reservation.accepted') as accepted_number,
        min(event_at) filter (where event_type = 'reservation.accepted') as accepted_at,
        min(event_number) filter (where event_type = 'reservation.wrapup') as wrapup_number,
        min(event_at) filter (where event_type = 'reservation.wrapup') as wrapup_at,
        min(event_number) filter (where event_type = 'reservation.completed') as completed_number,
        min(event_at) filter (where event_type = 'reservation.completed') as completed_at,
        bool_or(event_type = 'reservation.failed') as has_failed
    from {{ ref('int_task_events') }}
    where event_type like 'reservation.%' and reservation_sid is not null
    group by account_sid, reservation_sid
),

-- Transfer keys on events of the reservation that initiates the transfer tell of the next leg.
transfers as (
    select
        account_sid,
        reservation_sid,
        true as is_transfer_target,
        max_by(task_transfer_sid, event_number) filter (where task_transfer_sid is not null)
            as task_transfer_sid,
        max_by(transfer_type, event_number) filter (where transfer_type is not null)
            as transfer_type,
        max_by(transfer_mode, event_number) filter (where transfer_mode is not null)
            as transfer_mode,
        max_by(transfer_initiating_worker_sid, event_number)
            filter (where transfer_initiating_worker_sid is not null)
            as transfer_initiating_worker_sid,
        max_by(transfer_initiating_reservation_sid, event_number)
            filter (where transfer_initiating_reservation_sid is not null)
            as transfer_initiating_reservation_sid
    from {{ ref('int_task_events') }}
    where
        event_type like 'reservation.%'
        and reservation_sid is not null
        and coalesce(task_transfer_sid, transfer_type, transfer_mode) is not null
        and coalesce(
            transfer_initiating_reservation_sid != reservation_sid,
            transfer_initiating_worker_sid is distinct from worker_sid
        )
    group by account_sid, reservation_sid
),

-- timeout, canceled, rejected, rescinded: before the accept they refuse the offer,
-- after it (other than rejected) they end the conversation
refusals as (
    select
        reservation_events.account_sid,
        reservation_events.reservation_sid,
        min_by(reservation_events.event_type, reservation_events.event_number)
            as refusal_type,
        min(reservation_events.event_number) as refusal_number,
        min(reservation_events.event_at) as refusal_at,
        min(reservation_events.event_number) filter (
            where
            reservation_events.event_number > milestones.accepted_number
            and reservation_events.event_type != 'reservation.rejected'
        ) as broken_off_number,
        min(reservation_events.event_at) filter (
            where
            reservation_events.event_number > milestones.accepted_number
            and reservation_events.event_type != 'reservation.rejected'
        ) as broken_off_at
    from {{ ref('int_task_events') }} as reservation_events
    inner join milestones
        on
            reservation_events.account_sid = milestones.account_sid
            and reservation_events.reservation_sid = milestones.reservation_sid
    where reservation_events.event_type in (
        'reservation.timeout', 'reservation.canceled',
        'reservation.rejected', 'reservation.rescinded'
    )
    group by reservation_events.account_sid, reservation_events.reservation_sid
),

told_apart as (
    select
        milestones.*,
        coalesce(transfers.is_transfer_target, false) as is_transfer_target,
        transfers.task_transfer_sid,
        transfers.transfer_type,
        transfers.transfer_mode,
        transfers.transfer_initiating_worker_sid,
        transfers.transfer_initiating_reservation_sid,
        refusals.refusal_number,
        refusals.refusal_at,
        coalesce(milestones.completed_number, refusals.broken_off_number) as known_end_number,
        coalesce(milestones.completed_at, refusals.broken_off_at) as known_end_at,
        least(milestones.wrapup_number, milestones.completed_number) as first_after_talk_number,
        case
            when milestones.accepted_number is not null then 'accepted'
            when milestones.wrapup_number is not null or milestones.completed_number is not null
                then 'corrupted'
            when refusals.refusal_type is not null
                then replace(refusals.refusal_type, 'reservation.', '')
            when milestones.has_failed then 'failed'
            else 'pending'
        end as reservation_state
    from milestones
    left join refusals
        on
            milestones.account_sid = refusals.account_sid
            and milestones.reservation_sid = refusals.reservation_sid
    left join transfers
        on
            milestones.account_sid = transfers.account_sid
            and milestones.reservation_sid = transfers.reservation_sid
)

select * from told_apart
