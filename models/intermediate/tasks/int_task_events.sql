-- The events of every task that this build looks at, in their total order.
with

events as (
    select events.*
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_scope_tasks') }} as scope
        on events.account_sid = scope.account_sid and events.task_sid = scope.task_sid
),

task_events as (
    select
        account_sid,
        task_sid,
        reservation_sid,
        worker_sid,
        task_queue_sid,
        workflow_sid,
        workspace_sid,
        readable_task_attributes_key as task_attributes_key,
        readable_worker_attributes_key as worker_attributes_key,

        event_type,
        task_channel_unique_name,
        task_queue_name,
        workflow_name,
        coalesce(task_completed_reason, task_canceled_reason, reason) as end_reason,
        reason,
        task_transfer_sid,
        transfer_type,
        transfer_mode,
        transfer_to,
        transfer_initiating_worker_sid,
        transfer_initiating_reservation_sid,

        event_at,
        task_queue_entered_at,
        row_number() over (
            partition by account_sid, task_sid order by {{ causal_order() }}
        ) as event_number,
        -- of the latest event, up to this one, that carries attributes which can be read
        {{ last_non_empty(
            'readable_task_attributes_key', 'account_sid, task_sid', causal_order()
        ) }} as effective_attributes_key
    from events
    where event_type not like 'worker.%'
)

select * from task_events
