with

marks as (
    select * from {{ ref('int_visit_marks') }}
),

entries_with_known_queue as (
    select
        *,
        {{ last_non_empty('queue_named', 'task_sid, account_sid', 'event_number') }} as known_queue
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
    window task_order as (partition by task_sid, account_sid order by event_number)
),

marks_with_entries as (
    select
        marks.*,
        coalesce(entries.always_opens, false) as always_opens,
        coalesce(entries.is_first_entry, false) as is_first_entry,
        coalesce(entries.is_another_queue, false) as is_another_queue
    from marks
    left join entries
        on
            marks.account_sid = entries.account_sid
            and marks.task_sid = entries.task_sid
            and marks.event_number = entries.event_number
)

select * from marks_with_entries
