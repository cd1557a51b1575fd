-- Every segment of a task with its interval and computed times, its leg, and the event whose
-- attributes it carries. Each has its task and its event: they are joined from the left because
-- DuckDB takes the rows of an inner join over several columns for far fewer than they are, and then
-- puts these wide rows into a hash table.
with

rows_of_tasks as (
    select
        segment_key,
        account_sid,
        task_sid,
        visit_number,
        cast(null as {{ text_type() }}) as reservation_sid,
        cast(null as {{ text_type() }}) as worker_sid,
        cast(null as {{ text_type() }}) as worker_attributes_key,
        cast(null as {{ text_type() }}) as reservation_outcome,
        answered_by_reservation_sid,
        derived_kind,
        attributes_at_number,
        has_task_outcome,
        is_abandoned_visit,
        ended_by in ('task-queue.entered', 'task-queue.moved', 'task.transfer-initiated')
            as ended_by_entry,
        started_at,
        ended_at,
        has_clock_skew,
        false as is_end_inferred,
        total_queue_time,
        computed_queue_time,
        cast(null as bigint) as computed_ring_time,
        cast(null as bigint) as computed_talk_time,
        cast(null as bigint) as computed_wrap_up_time
    from {{ ref('int_visit_segments') }}
    union all
    select
        segment_key,
        account_sid,
        task_sid,
        visit_number,
        reservation_sid,
        worker_sid,
        worker_attributes_key,
        reservation_outcome,
        null,
        derived_kind,
        attributes_at_number,
        has_task_outcome,
        false,
        false,
        started_at,
        ended_at,
        has_clock_skew,
        is_end_inferred,
        case when derived_kind = 'Conversation' then total_queue_time end,
        computed_queue_time,
        computed_ring_time,
        case when derived_kind != 'Conversation in Progress' then computed_talk_time end,
        case when derived_kind != 'Conversation in Progress' then computed_wrap_up_time end
    from {{ ref('int_reservation_segments') }}
),

carrying_events as (
    select * from {{ ref('int_task_events') }}
)

select
    segments.*,
    segments.derived_kind = 'Conversation' and segments.reservation_sid is not null
        as is_agent_conversation,
    coalesce(visits.task_queue_sid, carrying.task_queue_sid) as task_queue_sid,
    coalesce(visits.task_queue_name, carrying.task_queue_name) as task_queue_name,
    coalesce(carrying.workflow_sid, tasks.workflow_sid) as workflow_sid,
    coalesce(carrying.workflow_name, tasks.workflow_name) as task_workflow_name,
    tasks.task_channel,
    visits.ended_number is not null as has_ended_visit,
    visits.answered_by_reservation_sid is not null as is_answered_leg,
    carrying.event_at as attributes_at,
    carrying.reason as event_reason,
    case when segments.has_task_outcome then tasks.task_end_reason end as task_end_reason,
    carrying.task_attributes_key
from rows_of_tasks as segments
left join {{ ref('int_tasks') }} as tasks
    on segments.account_sid = tasks.account_sid and segments.task_sid = tasks.task_sid
left join carrying_events as carrying
    on
        segments.account_sid = carrying.account_sid
        and segments.task_sid = carrying.task_sid
        and segments.attributes_at_number = carrying.event_number
left join {{ ref('int_queue_visits') }} as visits
    on
        segments.account_sid = visits.account_sid
        and segments.task_sid = visits.task_sid
        and segments.visit_number = visits.visit_number
