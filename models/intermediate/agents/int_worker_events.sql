-- Every event that names a worker, in the worker's total order.
with

-- only what orders events is sorted; all else that they tell is joined to it
numbered as (
    select
        landing_id,
        row_number() over (
            partition by worker_sid, account_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('stg_events') }}
    where worker_sid is not null
)

select
    events.account_sid,
    events.worker_sid,
    events.workspace_sid,
    events.event_sid,
    events.event_type,
    events.event_at,
    events.worker_name,
    events.worker_activity_name,
    events.worker_previous_activity_name,
    events.previous_activity_milliseconds,
    events.readable_worker_attributes_key as worker_attributes_key,
    numbered.event_number
from {{ ref('stg_events') }} as events
inner join numbered on events.landing_id = numbered.landing_id
