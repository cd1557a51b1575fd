with

marks as (
    select * from {{ ref('int_visit_entries') }}
),

-- the few tasks where the mark alone does not decide whether it ends a visit
odd_tasks as (
    select distinct
        account_sid,
        task_sid
    from marks
    where mark in ('corrupted', 'transfer end')
),

-- what can come between the offer of a corrupted reservation and its end, in another visit
breaks as (
    select
        marks.*,
        count(case when marks.mark = 'transfer' then 1 end) over task_so_far as transfers_so_far,
        count(case
            when marks.mark in ('accept', 'corrupted', 'transfer', 'transfer end', 'task end')
                or marks.is_another_queue
                then 1
        end) over task_so_far as breaks_so_far
    from marks
    inner join odd_tasks
        on marks.account_sid = odd_tasks.account_sid and marks.task_sid = odd_tasks.task_sid
    window task_so_far as (
        partition by marks.task_sid, marks.account_sid
        order by marks.event_number rows between unbounded preceding and current row
    )
),

initiating_reservations as (
    select distinct
        account_sid,
        transfer_initiating_reservation_sid as reservation_sid
    from {{ ref('int_task_events') }}
    where event_type = 'task.transfer-initiated'
),

-- A corrupted reservation ends the open visit unless it is known to belong to another one.
possible_ends as (
    select
        breaks.*,
        case
            when breaks.mark in ('accept', 'task end', 'transfer end') then true
            when breaks.mark != 'corrupted' then false
            when offers.reservation_sid is not null
                then offers.breaks_so_far = breaks.breaks_so_far - 1
            else initiating_reservations.reservation_sid is null
        end as may_end_visit
    from breaks
    left join breaks as offers
        on
            breaks.account_sid = offers.account_sid
            and breaks.reservation_sid = offers.reservation_sid
            and breaks.mark = 'corrupted'
            and offers.mark = 'offer to corrupted'
    left join initiating_reservations
        on
            breaks.account_sid = initiating_reservations.account_sid
            and breaks.reservation_sid = initiating_reservations.reservation_sid
            and breaks.mark = 'corrupted'
),

-- A failed or canceled transfer ends the visit that this transfer opened, if nothing else has.
since_transfer as (
    select
        *,
        count(case when may_end_visit then 1 end) over (
            partition by task_sid, account_sid, transfers_so_far
            order by event_number rows between unbounded preceding and current row
        ) as ends_since_transfer,
        max(case when mark = 'transfer' then task_transfer_sid end) over (
            partition by task_sid, account_sid, transfers_so_far
        ) as transfer_sid
    from possible_ends
),

odd_ends as (
    select
        account_sid,
        task_sid,
        event_number,
        case
            when mark != 'transfer end' then may_end_visit
            else
                transfers_so_far > 0
                and ends_since_transfer = 1
                and coalesce(task_transfer_sid = transfer_sid, true)
        end as ends_visit
    from since_transfer
)

select
    marks.*,
    coalesce(odd_ends.ends_visit, marks.mark in ('accept', 'task end')) as ends_visit
from marks
left join odd_ends
    on
        marks.account_sid = odd_ends.account_sid
        and marks.task_sid = odd_ends.task_sid
        and marks.event_number = odd_ends.event_number
