-- The rows of reservations: conversations, in progress or ended, corrupted ones and refused offers.
-- An offer that is still pending has no row.
with

reservations as (
    select * from {{ ref('int_reservations') }}
),

accepted as (
    select * from {{ ref('int_accepted_reservations') }}
),

accepts as (
    select
        account_sid,
        task_sid,
        event_number,
        accepts_before
    from {{ ref('int_visit_boundaries') }}
    where mark = 'accept'
),

visits_before_accept as (
    select
        account_sid,
        task_sid,
        accepts_before,
        cast(sum(computed_queue_time) as bigint) as total_queue_time
    from {{ ref('int_queue_visits') }}
    where ended_number is not null
    group by account_sid, task_sid, accepts_before
),

conversations as (
    select
        reservations.account_sid,
        reservations.reservation_sid,
        case
            when accepted.end_number is null then 'Conversation in Progress'
            else 'Conversation'
        end as derived_kind,
        coalesce(
            reservations.known_end_number, reservations.wrapup_number,
            reservations.accepted_number
        ) as attributes_at_number,
        accepted.accepted_at as started_at,
        accepted.ended_at,
        accepted.is_end_inferred and accepted.end_number is not null as is_end_inferred,
        coalesce(
            accepted.ended_at < accepted.accepted_at
            or accepted.talk_ended_at < accepted.accepted_at
            or accepted.ended_at < accepted.talk_ended_at
            or accepted.accepted_at < reservations.offered_at, false
        ) as has_clock_skew,
        coalesce(visits_before_accept.total_queue_time, 0) as total_queue_time,
        {{ seconds_between('reservations.offered_at', 'accepted.accepted_at') }}
            as computed_ring_time,
        {{ seconds_between('accepted.accepted_at', 'accepted.talk_ended_at') }}
            as computed_talk_time,
        {{ seconds_between('accepted.talk_ended_at', 'accepted.ended_at') }}
            as computed_wrap_up_time,
        reservations.accepted_number as accept_or_later_number
    from reservations
    inner join accepted
        on
            reservations.account_sid = accepted.account_sid
            and reservations.reservation_sid = accepted.reservation_sid
    inner join accepts
        on
            accepted.account_sid = accepts.account_sid
            and accepted.task_sid = accepts.task_sid
            and accepted.accepted_number = accepts.event_number
    left join visits_before_accept
        on
            accepts.account_sid = visits_before_accept.account_sid
            and accepts.task_sid = visits_before_accept.task_sid
            and accepts.accepts_before = visits_before_accept.accepts_before
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

select * from conversations
union all
select * from corrupted
union all
select * from refused_offers
