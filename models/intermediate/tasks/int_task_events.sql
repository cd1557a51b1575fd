-- The events of every task that this build looks at, in their total order.
with

-- Only what orders events is sorted; all else that they tell is joined to it.
numbered as (
    select
        events.landing_id,
        row_number() over (
            partition by events.task_sid, events.account_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_scope_tasks') }} as scope
        on events.account_sid = scope.account_sid and events.task_sid = scope.task_sid
    where events.event_type not like 'worker.%'
),

tasks_with_gaps as (
    select distinct
        account_sid,
        task_sid
    from {{ ref('int_events') }}
    where readable_task_attributes_key is null and event_type not like 'worker.%'
),

-- of the latest event, up to this one, that carries attributes which can be read
attributes_in_effect as (
    select
        events.landing_id,
        {{ last_non_empty(
            'events.readable_task_attributes_key', 'events.task_sid, events.account_sid',
            'numbered.event_number'
        ) }} as attributes_key
    from {{ ref('int_events') }} as events
    inner join numbered on events.landing_id = numbered.landing_id
    inner join tasks_with_gaps
        on
            events.account_sid = tasks_with_gaps.account_sid
            and events.task_sid = tasks_with_gaps.task_sid
)

select
    events.account_sid,
    events.task_sid,
    events.reservation_sid,
    events.worker_sid,
    events.task_queue_sid,
    events.workflow_sid,
    events.workspace_sid,
    events.readable_task_attributes_key,
    events.readable_worker_attributes_key,
    coalesce(events.readable_task_attributes_key, attributes_in_effect.attributes_key)
        as task_attributes_key,

    events.event_type,
    events.task_channel_unique_name,
    events.task_queue_name,
    events.workflow_name,
    coalesce(events.task_completed_reason, events.task_canceled_reason, events.reason)
        as end_reason,
    events.reason,
    events.task_transfer_sid,
    events.transfer_type,
    events.transfer_mode,
    events.transfer_to,
    events.transfer_initiating_worker_sid,
    events.transfer_initiating_reservation_sid,

    events.event_at,
    events.task_queue_entered_at,
    numbered.event_number
from {{ ref('int_events') }} as events
inner join numbered on events.landing_id = numbered.landing_id
left join attributes_in_effect on events.landing_id = attributes_in_effect.landing_id
