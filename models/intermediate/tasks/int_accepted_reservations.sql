with

accepted as (
    select
        reservations.*,
        tasks.task_end_number,
        tasks.task_end_at,
        lead(reservations.accepted_number) over task_order as next_accept_number,
        lead(reservations.accepted_at) over task_order as next_accept_at
    from {{ ref('int_reservations') }} as reservations
    inner join {{ ref('int_tasks') }} as tasks
        on
            reservations.account_sid = tasks.account_sid
            and reservations.task_sid = tasks.task_sid
    where reservations.reservation_state = 'accepted'
    window task_order as (
        partition by reservations.task_sid, reservations.account_sid
        order by reservations.accepted_number
    )
),

-- until when a reservation may be open as far as the next rule is concerned; null = to the end
possibly_open as (
    select
        *,
        coalesce(
            known_end_number,
            case when next_accept_number is not null
                then coalesce(wrapup_number, next_accept_number) end
        ) as open_until_number
    from accepted
),

-- task.wrapup stands in for a missing reservation.wrapup when only one reservation is open: the sum
-- of the accepts of all open reservations is then the accept of that one
openings_and_closings as (
    select
        account_sid,
        task_sid,
        accepted_number as event_number,
        cast(null as timestamp) as task_wrapup_at,
        1 as opened,
        accepted_number as accept_sum
    from possibly_open
    union all
    select
        account_sid,
        task_sid,
        open_until_number,
        null,
        -1,
        -accepted_number
    from possibly_open
    where open_until_number is not null
    union all
    select
        account_sid,
        task_sid,
        event_number,
        event_at,
        0,
        0
    from {{ ref('int_task_events') }}
    where event_type = 'task.wrapup'
),

open_at_each as (
    select
        account_sid,
        task_sid,
        event_number,
        task_wrapup_at,
        sum(opened) over task_so_far as open_reservations,
        sum(accept_sum) over task_so_far as open_accept_number
    from openings_and_closings
    window task_so_far as (
        partition by task_sid, account_sid
        order by event_number, opened
        rows between unbounded preceding and current row
    )
),

stand_ins as (
    select
        account_sid,
        task_sid,
        open_accept_number as accepted_number,
        min(event_number) as wrapup_number,
        min(task_wrapup_at) as wrapup_at
    from open_at_each
    where task_wrapup_at is not null and open_reservations = 1
    group by account_sid, task_sid, open_accept_number
),

wrapped_up as (
    select
        accepted.*,
        coalesce(accepted.wrapup_number, stand_ins.wrapup_number) as talk_wrapup_number,
        coalesce(accepted.wrapup_at, stand_ins.wrapup_at) as talk_wrapup_at
    from accepted
    left join stand_ins
        on
            accepted.account_sid = stand_ins.account_sid
            and accepted.task_sid = stand_ins.task_sid
            and accepted.accepted_number = stand_ins.accepted_number
),

ended as (
    select
        account_sid,
        reservation_sid,
        task_sid,
        worker_sid,
        accepted_number,
        accepted_at,
        talk_wrapup_number,
        talk_wrapup_at,
        known_end_number is null and task_end_number is not null as is_end_inferred,
        case
            when known_end_number is not null then known_end_number
            when task_end_number is null then null
            when next_accept_number is null then task_end_number
            else coalesce(talk_wrapup_number, next_accept_number)
        end as end_number,
        case
            when known_end_number is not null then known_end_at
            when task_end_number is null then null
            when next_accept_number is null then task_end_at
            else coalesce(talk_wrapup_at, next_accept_at)
        end as ended_at
    from wrapped_up
),

talked as (
    select
        *,
        coalesce(talk_wrapup_number, end_number) as talk_end_number,
        coalesce(talk_wrapup_at, ended_at) as talk_ended_at
    from ended
)

select * from talked
