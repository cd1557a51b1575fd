with

copies as (
    select * from {{ ref('int_event_copies') }}
),

superseded as (
    select * from {{ ref('int_superseded_copies') }}
),

fates as (
    select
        copies.source_file,
        copies.form,
        copies.event_type,
        case
            when superseded.landing_id is not null then 'duplicate'
            when copies.event_type not in ({{ known_event_types() }}) then 'unknown type'
            when copies.event_type like 'worker.%' and copies.worker_sid is not null then 'used'
            when
                copies.event_type not like 'worker.%'
                and coalesce(copies.task_sid, copies.task_queue_sid, copies.worker_sid) is not null
                then 'used'
            else 'known but unused'
        end as fate
    from copies
    left join superseded on copies.landing_id = superseded.landing_id
)

select
    source_file,
    form,
    event_type,
    fate,
    count(*) as events
from fates
group by source_file, form, event_type, fate
