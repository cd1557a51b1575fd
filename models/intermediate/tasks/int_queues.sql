-- Every task queue that an event names, with the last name seen of it.
with

queue_events as (
    select
        account_sid,
        task_queue_sid,
        task_queue_name,
        row_number() over (
            partition by account_sid, task_queue_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('stg_events') }}
    where task_queue_sid is not null
)

select
    account_sid,
    task_queue_sid,
    max_by(task_queue_name, event_number) filter (where task_queue_name is not null) as queue_name
from queue_events
group by account_sid, task_queue_sid
