-- What happened to each worker, in its total order. Events of tasks that name a worker are in
-- int_worker_observations only.
with

worker_events as (
    select
        account_sid,
        worker_sid,
        workspace_sid,
        event_sid,
        event_type,
        event_at,
        worker_activity_name,
        worker_previous_activity_name,
        previous_activity_milliseconds,
        row_number() over (
            partition by worker_sid, account_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('int_events') }}
    where worker_sid is not null and event_type like 'worker.%'
)

select * from worker_events
