with

segments as (
    select * from {{ ref('int_scope_segments') }}
),

reservations as (
    select * from {{ ref('int_reservations') }}
),

legs as (
    select * from {{ ref('int_leg_transfers') }}
),

links as (
    select * from {{ ref('int_task_links') }}
),

segments_of_transfers as (
    select
        segments.segment_key,
        segments.account_sid,
        segments.task_sid,
        segments.started_at,
        segments.derived_kind,
        segments.has_ended_visit,
        segments.is_answered_leg
        or segments.derived_kind in ('Conversation in Progress')
        or segments.is_agent_conversation as is_answered,
        legs.task_sid is not null or coalesce(reservations.is_transfer_target, false) as is_voice,
        coalesce(
            legs.transfer_sid, reservations.task_transfer_sid, links.attribute_transfer_sid
        ) as transfer_sid,
        coalesce(legs.type_code, upper(reservations.transfer_type)) as type_code,
        coalesce(legs.mode_code, upper(reservations.transfer_mode)) as mode_code,
        coalesce(
            legs.initiating_reservation_sid, reservations.transfer_initiating_reservation_sid
        ) as initiating_reservation_sid,
        coalesce(legs.initiating_worker_sid, reservations.transfer_initiating_worker_sid)
            as initiating_worker_sid,
        coalesce(legs.opened_number, reservations.first_event_number) as opened_number,
        lower(links.transfer_target_type) as transfer_target_type,
        links.previous_task_sid
    from segments
    inner join links
        on segments.account_sid = links.account_sid and segments.task_sid = links.task_sid
    left join reservations
        on
            segments.account_sid = reservations.account_sid
            and segments.reservation_sid = reservations.reservation_sid
    left join legs
        on
            segments.account_sid = legs.account_sid
            and segments.task_sid = legs.task_sid
            and segments.visit_number = legs.visit_number
    where
        segments.derived_kind != 'Corrupted Conversation Segment'
        and (
            legs.task_sid is not null
            or reservations.is_transfer_target
            or coalesce(links.previous_task_sid, links.attribute_transfer_sid) is not null
        )
),

-- the reservation of the agent who initiated the transfer: named by the transfer, else the agent's
-- last before it; for a message the last one of the previous task
initiating as (
    select
        transfers.segment_key,
        max_by(accepted.reservation_sid, accepted.accepted_number) as reservation_sid
    from segments_of_transfers as transfers
    inner join {{ ref('int_accepted_reservations') }} as accepted
        on
            transfers.account_sid = accepted.account_sid
            and case when transfers.is_voice then transfers.task_sid
                else transfers.previous_task_sid end = accepted.task_sid
    where
        case
            when not transfers.is_voice then true
            when transfers.initiating_reservation_sid is not null
                then accepted.reservation_sid = transfers.initiating_reservation_sid
            else
                accepted.worker_sid = transfers.initiating_worker_sid
                and accepted.accepted_number < transfers.opened_number
        end
    group by transfers.segment_key
)

select
    transfers.segment_key,
    transfers.account_sid,
    transfers.started_at,
    transfers.transfer_sid,
    case
        when transfers.is_voice and transfers.type_code = 'WORKER' then 'Agent'
        when transfers.is_voice and transfers.type_code = 'QUEUE' then 'Queue'
        when not transfers.is_voice and transfers.transfer_target_type = 'worker' then 'Agent'
        when not transfers.is_voice and transfers.transfer_target_type = 'queue' then 'Queue'
    end as transfer_type,
    case
        when not transfers.is_voice or transfers.mode_code = 'COLD' then 'Cold'
        when transfers.mode_code = 'WARM' then 'Warm'
    end as transfer_mode,
    case
        when
            transfers.is_answered
            and transfers.derived_kind in ('Queue', 'Conversation', 'Conversation in Progress')
            then 'Successful'
        when transfers.has_ended_visit and not transfers.is_answered then 'Failed'
    end as transfer_status,
    case
        when not transfers.is_voice then 'Messaging Transfer'
        when transfers.mode_code = 'COLD' then 'Cold Transfer'
        when transfers.mode_code = 'WARM' then 'Warm Transfer'
    end as transfer_label,
    initiating_segments.segment_key as transferred_from_segment_key
from segments_of_transfers as transfers
left join initiating on transfers.segment_key = initiating.segment_key
left join segments as initiating_segments
    on
        transfers.account_sid = initiating_segments.account_sid
        and initiating.reservation_sid = initiating_segments.reservation_sid
