-- The segments of tasks with their conversation and their position in it.
with

segments as (
    select
        segments.segment_key,
        segments.account_sid,
        segments.derived_kind,
        segments.started_at,
        segments.ended_at,
        segments.attributes_at,
        conversations.conversation_id,
        conversations.conversation_key
    from {{ ref('int_task_segments') }} as segments
    inner join {{ ref('int_scope_tasks') }} as scope
        on segments.account_sid = scope.account_sid and segments.task_sid = scope.task_sid
    inner join {{ ref('int_task_conversations') }} as conversations
        on
            scope.account_sid = conversations.account_sid
            and scope.task_sid = conversations.task_sid
    where scope.is_rebuilt
)

select
    *,
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
