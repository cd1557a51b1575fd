with

copies as (
    select * from {{ ref('int_event_copies') }}
),

superseded as (
    select * from {{ ref('int_superseded_copies') }}
),

unreadable as (
    select attributes_key from {{ ref('int_unreadable_attributes') }}
),

one_copy_each as (
    select copies.*
    from copies
    left join superseded on copies.landing_id = superseded.landing_id
    where superseded.landing_id is null
),

readable_attributes as (
    select
        events.*,
        unreadable_task.attributes_key is not null as has_unreadable_task_attributes,
        unreadable_worker.attributes_key is not null as has_unreadable_worker_attributes,
        case when unreadable_task.attributes_key is null then events.task_attributes_key end
            as readable_task_attributes_key,
        case when unreadable_worker.attributes_key is null then events.worker_attributes_key end
            as readable_worker_attributes_key
    from one_copy_each as events
    left join unreadable as unreadable_task
        on events.task_attributes_key = unreadable_task.attributes_key
    left join unreadable as unreadable_worker
        on events.worker_attributes_key = unreadable_worker.attributes_key
)

select * from readable_attributes
