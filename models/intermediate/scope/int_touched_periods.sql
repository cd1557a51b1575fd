with

touched as (
    select * from {{ ref('int_touched_workers') }}
),

activity_events as (
    select * from {{ ref('int_worker_events') }}
    where event_type in ('worker.created', 'worker.activity.update', 'worker.deleted')
)

select
    touched.account_sid,
    touched.worker_sid,
    max({{ cut_to_second('activity_events.event_at') }}) as touched_from
from touched
left join activity_events
    on
        touched.account_sid = activity_events.account_sid
        and touched.worker_sid = activity_events.worker_sid
        and touched.changed_at > activity_events.event_at
group by touched.account_sid, touched.worker_sid
