with

reservations as (
    select * from {{ ref('int_reservations') }}
),

corrupted as (
    select
        reservations.account_sid,
        reservations.reservation_sid,
        'Corrupted Conversation Segment' as derived_kind,
        coalesce(reservations.completed_number, reservations.wrapup_number)
            as attributes_at_number,
        reservations.first_event_at as started_at,
        coalesce(reservations.completed_at, tasks.task_end_at) as ended_at,
        reservations.completed_at is null and tasks.has_ended as is_end_inferred,
        coalesce(
            coalesce(reservations.completed_at, tasks.task_end_at) < reservations.wrapup_at, false
        ) as has_clock_skew,
        cast(null as bigint) as total_queue_time,
        cast(null as bigint) as computed_ring_time,
        cast(null as bigint) as computed_talk_time,
        {{ seconds_between(
            'reservations.wrapup_at', 'coalesce(reservations.completed_at, tasks.task_end_at)'
        ) }} as computed_wrap_up_time,
        reservations.first_after_talk_number as accept_or_later_number
    from reservations
    inner join {{ ref('int_tasks') }} as tasks
        on
            reservations.account_sid = tasks.account_sid
            and reservations.task_sid = tasks.task_sid
    where reservations.reservation_state = 'corrupted'
),

refused_offers as (
    select
        account_sid,
        reservation_sid,
        case reservation_state
            when 'timeout' then 'Missed Conversation'
            when 'canceled' then 'Missed Conversation'
            when 'rejected' then 'Rejected Conversation'
            when 'rescinded' then 'Revoked Conversation'
        end as derived_kind,
        refusal_number as attributes_at_number,
        coalesce(offered_at, refusal_at) as started_at,
        refusal_at as ended_at,
        false as is_end_inferred,
        coalesce(refusal_at < offered_at, false) as has_clock_skew,
        cast(null as bigint) as total_queue_time,
        {{ seconds_between('offered_at', 'refusal_at') }} as computed_ring_time,
        cast(null as bigint) as computed_talk_time,
        cast(null as bigint) as computed_wrap_up_time,
        cast(null as bigint) as accept_or_later_number
    from reservations
    where reservation_state in ('timeout', 'canceled', 'rejected', 'rescinded')
)

select * from {{ ref('int_conversation_rows') }}
union all
select * from corrupted
union all
select * from refused_offers
