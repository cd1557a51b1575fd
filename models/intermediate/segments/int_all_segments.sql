-- The segments of tasks and of agents' activities in one shape.
with

task_segments as (
    select
        segments.segment_key,
        segments.account_sid,
        segments.workspace_sid,
        segments.worker_sid,
        segments.kind,
        segments.started_at,
        segments.ended_at,
        segments.has_clock_skew,
        segments.is_end_inferred,
        segments.is_transfer,
        segments.is_handled,
        segments.is_abandoned,
        segments.activity,
        segments.handling_team_id,
        segments.handling_team_name,
        segments.handling_team_name_in_hierarchy,
        segments.handling_department_id,
        segments.handling_department_name,
        segments.handling_department_name_in_hierarchy,
        cast(null as bigint) as activity_time,
        segments.segment_order,
        {{ columns_of('segments', task_segment_texts() + settled_times() + supplied_facts()) }}
    from {{ ref('int_segment_details') }} as segments
),

status_segments as (
    select
        segment_key,
        account_sid,
        workspace_sid,
        worker_sid,
        kind,
        started_at,
        ended_at,
        cast(null as boolean) as has_clock_skew,
        cast(null as boolean) as is_end_inferred,
        cast(null as boolean) as is_transfer,
        false as is_handled,
        false as is_abandoned,
        activity,
        handling_team_id,
        handling_team_name,
        handling_team_name_in_hierarchy,
        handling_department_id,
        handling_department_name,
        handling_department_name_in_hierarchy,
        activity_time,
        cast(null as integer) as segment_order,
        {{ nulls(text_type(), task_segment_texts()) }},
        {{ nulls('bigint', settled_times() + supplied_facts()) }}
    from {{ ref('int_agent_status_segments') }}
)

select * from task_segments
union all
select * from status_segments
