with

queue_events as (
    select * from {{ ref('int_events') }}
    where task_queue_sid is not null
),

queues as (
    select
        account_sid,
        task_queue_sid,
        max(event_at) filter (where task_queue_name is not null) as last_named_at
    from queue_events
    group by account_sid, task_queue_sid
),

-- the order of events is only needed among those of the last moment
last_namings as (
    select
        queues.account_sid,
        queues.task_queue_sid,
        queue_events.task_queue_name,
        row_number() over (
            partition by queue_events.account_sid, queue_events.task_queue_sid
            order by {{ causal_order() }}
        ) as naming_number
    from queues
    inner join queue_events
        on
            queues.account_sid = queue_events.account_sid
            and queues.task_queue_sid = queue_events.task_queue_sid
            and queues.last_named_at = queue_events.event_at
    where queue_events.task_queue_name is not null
),

last_names as (
    select
        account_sid,
        task_queue_sid,
        max_by(task_queue_name, naming_number) as queue_name
    from last_namings
    group by account_sid, task_queue_sid
)

select
    {{ key_in_account('queues.task_queue_sid', 'queues.account_sid') }} as queue_key,
    queues.account_sid,
    queues.task_queue_sid,
    last_names.queue_name
from queues
left join last_names
    on
        queues.account_sid = last_names.account_sid
        and queues.task_queue_sid = last_names.task_queue_sid
