-- Every event that names a worker, in the worker's total order.
with

worker_events as (
    select
        account_sid,
        worker_sid,
        workspace_sid,
        event_sid,
        event_type,
        event_at,
        worker_name,
        worker_activity_name,
        worker_previous_activity_name,
        previous_activity_milliseconds,
        readable_worker_attributes_key as worker_attributes_key,
        row_number() over (
            partition by account_sid, worker_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('stg_events') }}
    where worker_sid is not null
)

select * from worker_events
