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

wrapped_up as (
    select
        accepted.*,
        coalesce(accepted.wrapup_number, stand_ins.wrapup_number) as talk_wrapup_number,
        coalesce(accepted.wrapup_at, stand_ins.wrapup_at) as talk_wrapup_at
    from accepted
    left join {{ ref('int_wrapup_stand_ins') }} as stand_ins
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
