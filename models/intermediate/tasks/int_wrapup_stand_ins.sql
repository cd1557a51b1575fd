with

accepted as (
    select
        account_sid,
        task_sid,
        accepted_number,
        wrapup_number,
        known_end_number,
        lead(accepted_number) over (
            partition by task_sid, account_sid order by accepted_number
        ) as next_accept_number
    from {{ ref('int_reservations') }}
    where reservation_state = 'accepted'
),

-- how long a reservation may be open; null = to the end
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

-- if only one reservation is open, the sum of the accepts of all open ones is the accept of that one
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
)

select
    account_sid,
    task_sid,
    open_accept_number as accepted_number,
    min(event_number) as wrapup_number,
    min(task_wrapup_at) as wrapup_at
from open_at_each
where task_wrapup_at is not null and open_reservations = 1
group by account_sid, task_sid, open_accept_number
