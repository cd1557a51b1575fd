with

task_events as (
    select * from {{ ref('int_task_events') }}
),

tasks as (
    select
        account_sid,
        task_sid,
        max_by(workspace_sid, event_number) filter (where workspace_sid is not null)
            as workspace_sid,
        max_by(task_channel_unique_name, event_number)
            filter (where task_channel_unique_name is not null) as task_channel,
        max_by(workflow_sid, event_number) filter (where workflow_sid is not null)
            as workflow_sid,
        max_by(workflow_name, event_number) filter (where workflow_name is not null)
            as workflow_name,

        min(event_at) as first_event_at,
        min(event_at) filter (where event_type = 'task.created') as created_at,

        min(event_number) filter (
            where event_type in ('task.completed', 'task.canceled')
        ) as finished_number,
        min(event_at) filter (
            where event_type in ('task.completed', 'task.canceled')
        ) as finished_at,
        min_by(end_reason, event_number) filter (
            where event_type in ('task.completed', 'task.canceled') and end_reason is not null
        ) as finished_reason,
        min(event_number) filter (
            where event_type in ('task.deleted', 'task.system-deleted')
        ) as deleted_number,
        min(event_at) filter (
            where event_type in ('task.deleted', 'task.system-deleted')
        ) as deleted_at,
        min_by(end_reason, event_number) filter (
            where event_type in ('task.deleted', 'task.system-deleted') and end_reason is not null
        ) as deleted_reason
    from task_events
    group by account_sid, task_sid
),

-- a task ends when it is completed or canceled, or failing both when it is deleted
ended as (
    select
        account_sid,
        task_sid,
        workspace_sid,
        task_channel,
        workflow_sid,
        workflow_name,
        first_event_at,
        created_at,
        coalesce(finished_number, deleted_number) as task_end_number,
        coalesce(finished_at, deleted_at) as task_end_at,
        case
            when finished_number is not null then finished_reason else deleted_reason
        end as task_end_reason,
        coalesce(finished_number, deleted_number) is not null as has_ended,
        finished_number is not null as has_finished
    from tasks
)

select * from ended
