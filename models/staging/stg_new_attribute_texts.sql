-- Each attribute text of the new loads once, under its key. Of the events that carry it, the first
-- landed is as good as any.
with

new_copies as (
    select * from {{ ref('stg_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

first_with_task_attributes as (
    select
        task_attributes_key,
        min(landing_id) as landing_id
    from new_copies
    where task_attributes_key is not null
    group by task_attributes_key
),

first_with_worker_attributes as (
    select
        worker_attributes_key,
        min(landing_id) as landing_id
    from new_copies
    where worker_attributes_key is not null
    group by worker_attributes_key
),

raw_events as (
    select * from {{ source('raw', 'events') }}
)

select
    'task' as attributes_of,
    first_events.task_attributes_key as attributes_key,
    case
        when raw_events.form = 'webhook'
            then {{ json_value('raw_events.event', "'$.TaskAttributes'") }}
        when raw_events.form = 'rest'
            then {{ json_value('raw_events.event', "'$.event_data.task_attributes'") }}
        else {{ json_value('raw_events.event', "'$.data.payload.task_attributes'") }}
    end as attributes
from first_with_task_attributes as first_events
inner join raw_events on first_events.landing_id = raw_events.landing_id
union all
select
    'worker' as attributes_of,
    first_events.worker_attributes_key as attributes_key,
    case
        when raw_events.form = 'webhook'
            then {{ json_value('raw_events.event', "'$.WorkerAttributes'") }}
        when raw_events.form = 'rest'
            then {{ json_value('raw_events.event', "'$.event_data.worker_attributes'") }}
        else {{ json_value('raw_events.event', "'$.data.payload.worker_attributes'") }}
    end as attributes
from first_with_worker_attributes as first_events
inner join raw_events on first_events.landing_id = raw_events.landing_id
