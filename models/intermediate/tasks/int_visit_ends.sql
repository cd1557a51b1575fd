-- The marks of a task, and which of them end the queue visit that is open then, if one is.
with

marks as (
    select
        *,
        sum(case when mark = 'transfer' then 1 else 0 end) over (
            partition by account_sid, task_sid
            order by event_number rows between unbounded preceding and current row
        ) as transfers_so_far
    from {{ ref('int_visit_marks') }}
),

entries_with_known_queue as (
    select
        *,
        {{ last_non_empty('queue_named', 'account_sid, task_sid', 'event_number') }} as known_queue
    from marks
    where mark in ('transfer', 'entry')
),

entries as (
    select
        account_sid,
        task_sid,
        event_number,
        mark = 'transfer' or event_type = 'implied' as always_opens,
        lag(event_number) over task_order is null as is_first_entry,
        -- the first task-queue.entered after a transfer names the queue that it leads to
        not (
            event_type = 'task-queue.entered'
            and coalesce(lag(mark) over task_order = 'transfer', false)
        )
        and coalesce(queue_named != lag(known_queue) over task_order, false)
            as is_another_queue
    from entries_with_known_queue
    window task_order as (partition by account_sid, task_sid order by event_number)
),

-- what can stand between the offer of a corrupted reservation and its end in another visit
breaks as (
    select
        marks.*,
        coalesce(entries.always_opens, false) as always_opens,
        coalesce(entries.is_first_entry, false) as is_first_entry,
        coalesce(entries.is_another_queue, false) as is_another_queue,
        sum(case
            when marks.mark in ('accept', 'corrupted', 'transfer', 'transfer end', 'task end')
                or entries.is_another_queue
                then 1
            else 0
        end) over (
            partition by marks.account_sid, marks.task_sid
            order by marks.event_number rows between unbounded preceding and current row
        ) as breaks_so_far
    from marks
    left join entries
        on
            marks.account_sid = entries.account_sid
            and marks.task_sid = entries.task_sid
            and marks.event_number = entries.event_number
),

initiating_reservations as (
    select distinct
        account_sid,
        transfer_initiating_reservation_sid as reservation_sid
    from {{ ref('int_task_events') }}
    where event_type = 'task.transfer-initiated'
),

offers_to_corrupted as (
    select
        account_sid,
        reservation_sid,
        breaks_so_far
    from breaks
    where mark = 'offer to corrupted'
),

-- A corrupted reservation ends the open visit unless it is known to belong to another one.
possible_ends as (
    select
        breaks.*,
        case
            when breaks.mark in ('accept', 'task end', 'transfer end') then true
            when breaks.mark != 'corrupted' then false
            when offers_to_corrupted.reservation_sid is not null
                then offers_to_corrupted.breaks_so_far = breaks.breaks_so_far - 1
            else initiating_reservations.reservation_sid is null
        end as may_end_visit
    from breaks
    left join offers_to_corrupted
        on
            breaks.account_sid = offers_to_corrupted.account_sid
            and breaks.reservation_sid = offers_to_corrupted.reservation_sid
            and breaks.mark = 'corrupted'
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
        sum(case when may_end_visit then 1 else 0 end) over (
            partition by account_sid, task_sid, transfers_so_far
            order by event_number rows between unbounded preceding and current row
        ) as ends_since_transfer,
        max(case when mark = 'transfer' then task_transfer_sid end) over (
            partition by account_sid, task_sid, transfers_so_far
        ) as transfer_sid
    from possible_ends
)

select
    *,
    case
        when mark != 'transfer end' then may_end_visit
        else
            transfers_so_far > 0
            and ends_since_transfer = 1
            and coalesce(task_transfer_sid = transfer_sid, true)
    end as ends_visit
from since_transfer
