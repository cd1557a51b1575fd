with

task_events as (
    select
        *,
        coalesce(task_queue_sid, task_queue_name) as queue_named
    from {{ ref('int_task_events') }}
    where
        event_type in (
            'task-queue.entered', 'task-queue.moved', 'task-queue.timeout',
            'task.transfer-initiated', 'task.transfer-failed', 'task.transfer-canceled',
            'task.completed', 'task.canceled', 'task.deleted', 'task.system-deleted'
        )
        or (event_type like 'reservation.%' and reservation_sid is not null)
),

reservations as (
    select * from {{ ref('int_reservations') }}
),

marked as (
    select
        task_events.account_sid,
        task_events.task_sid,
        task_events.event_number,
        task_events.event_type,
        task_events.reservation_sid,
        task_events.task_transfer_sid,
        task_events.queue_named,
        case
            when task_events.event_type = 'task.transfer-initiated' then 'transfer'
            when task_events.event_type in ('task-queue.entered', 'task-queue.moved')
                then 'entry'
            when task_events.event_number = reservations.accepted_number then 'accept'
            when
                reservations.reservation_state = 'corrupted'
                and task_events.event_number = reservations.first_after_talk_number
                then 'corrupted'
            when
                reservations.reservation_state = 'corrupted'
                and task_events.event_number = reservations.offered_number
                then 'offer to corrupted'
            when task_events.event_type in ('task.transfer-failed', 'task.transfer-canceled')
                then 'transfer end'
            when task_events.event_type like 'task.%' then 'task end'
            when
                task_events.event_type in (
                    'task-queue.timeout', 'reservation.created', 'reservation.rejected',
                    'reservation.timeout', 'reservation.canceled', 'reservation.rescinded'
                )
                then 'sign of waiting'
        end as mark
    from task_events
    left join reservations
        on
            task_events.account_sid = reservations.account_sid
            and task_events.reservation_sid = reservations.reservation_sid
),

-- A task whose first mark is neither an entry nor of a transfer was in a queue that it was
-- not seen to enter.
first_marks as (
    select
        account_sid,
        task_sid,
        min_by(mark, event_number) as first_mark,
        min_by(queue_named, event_number) filter (
            where queue_named is not null and mark not in ('entry', 'transfer', 'transfer end')
        ) as queue_named
    from marked
    where mark is not null
    group by account_sid, task_sid
),

implied_entries as (
    select
        account_sid,
        task_sid,
        0 as event_number,
        'implied' as event_type,
        cast(null as {{ text_type() }}) as reservation_sid,
        cast(null as {{ text_type() }}) as task_transfer_sid,
        queue_named,
        'entry' as mark
    from first_marks
    where first_mark not in ('entry', 'transfer', 'transfer end')
)

select * from marked
where mark is not null and mark != 'sign of waiting'
union all
select * from implied_entries
