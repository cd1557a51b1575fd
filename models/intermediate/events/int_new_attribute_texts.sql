-- Each attribute text of the new loads once, under its key. Of the events that carry it, the first
-- landed is as good as any.
with

new_copies as (
    select * from {{ ref('int_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

first_events as (
    select
        'task' as attributes_of,
        task_attributes_key as attributes_key,
        min(landing_id) as landing_id
    from new_copies
    where task_attributes_key is not null
    group by task_attributes_key
    union all
    select
        'worker' as attributes_of,
        worker_attributes_key as attributes_key,
        min(landing_id) as landing_id
    from new_copies
    where worker_attributes_key is not null
    group by worker_attributes_key
)

select
    first_events.attributes_of,
    first_events.attributes_key,
    case
        when first_events.attributes_of = 'task'
            then {{ event_field('task_attributes', 'raw_events.event', 'raw_events.form') }}
        else {{ event_field('worker_attributes', 'raw_events.event', 'raw_events.form') }}
    end as attributes
from first_events
inner join {{ source('raw', 'events') }} as raw_events
    on first_events.landing_id = raw_events.landing_id
