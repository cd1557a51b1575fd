-- Every segment of the tasks that this build looks at, with its conversation and its position in
-- it. Wide rows are slow to sort and to write: what only fct_segments shows is joined later, in
-- int_segment_details.
with

segments as (
    select
        segments.*,
        scope.is_rebuilt,
        conversations.conversation_id,
        conversations.conversation_key
    from {{ ref('int_segment_outcomes') }} as segments
    left join {{ ref('int_scope_tasks') }} as scope
        on segments.account_sid = scope.account_sid and segments.task_sid = scope.task_sid
    left join {{ ref('int_task_conversations') }} as conversations
        on
            segments.account_sid = conversations.account_sid
            and segments.task_sid = conversations.task_sid
),

positions as (
    select
        segment_key,
        row_number() over (
            partition by conversation_key
            order by
                started_at,
                case
                    when derived_kind = 'Queue' then 1
                    when derived_kind in ('Conversation', 'Conversation in Progress') then 2
                    else 3
                end,
                segment_key
        ) as position_in_conversation
    from segments
    where is_rebuilt
)

select
    segments.segment_key,
    segments.conversation_key,
    segments.conversation_id,
    segments.account_sid,
    segments.task_sid,
    segments.reservation_sid,
    segments.worker_sid,
    segments.task_queue_sid,
    segments.workflow_sid,
    segments.task_attributes_key,
    segments.is_rebuilt,

    segments.derived_kind,
    segments.kind,
    segments.is_agent_conversation,
    segments.is_voice,
    segments.visit_number,
    segments.has_ended_visit,
    segments.is_answered_leg,
    segments.started_at,
    segments.ended_at,
    segments.attributes_at,
    segments.has_clock_skew,
    segments.is_end_inferred,
    positions.position_in_conversation,

    segments.visit_outcome,
    segments.answered_by_reservation_sid,
    segments.reservation_outcome,
    segments.abandoned_phase,
    segments.is_handled,
    segments.is_abandoned,
    {{ columns_of('segments', settled_texts()) }},

    segments.has_supplied_times,
    segments.computed_talk_time,
    segments.computed_wrap_up_time,
    {{ columns_of('segments', settled_times()) }}
from segments
left join positions on segments.segment_key = positions.segment_key
