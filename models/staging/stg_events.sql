with

copies as (
    select * from {{ ref('stg_event_copies') }}
),

superseded as (
    select * from {{ ref('stg_superseded_copies') }}
),

unreadable_task_attributes as (
    select task_attributes_key from {{ ref('stg_task_attributes') }} where not is_readable
),

unreadable_worker_attributes as (
    select worker_attributes_key from {{ ref('stg_worker_attributes') }} where not is_readable
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
        unreadable_task_attributes.task_attributes_key is not null
            as has_unreadable_task_attributes,
        unreadable_worker_attributes.worker_attributes_key is not null
            as has_unreadable_worker_attributes,
        case
            when unreadable_task_attributes.task_attributes_key is null
                then events.task_attributes_key
        end as readable_task_attributes_key,
        case
            when unreadable_worker_attributes.worker_attributes_key is null
                then events.worker_attributes_key
        end as readable_worker_attributes_key
    from one_copy_each as events
    left join unreadable_task_attributes
        on events.task_attributes_key = unreadable_task_attributes.task_attributes_key
    left join unreadable_worker_attributes
        on events.worker_attributes_key = unreadable_worker_attributes.worker_attributes_key
)

select * from readable_attributes
