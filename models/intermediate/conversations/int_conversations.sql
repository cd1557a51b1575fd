-- depends_on: {{ ref('int_touched_keys') }}
-- Each conversation rolled up from its segments.
with

segments as (
    select
        segments.*,
        segments.derived_kind = 'Queue' as is_wait,
        segments.derived_kind = 'Conversation' as is_conversation,
        segments.derived_kind = 'Conversation in Progress' as is_in_progress,
        segments.is_agent_conversation
        or segments.derived_kind = 'Conversation in Progress' as has_agent,
        transfers.segment_key is not null as is_transfer
    from {{ ref('int_segments') }} as segments
    left join {{ ref('int_segment_transfers') }} as transfers
        on segments.segment_key = transfers.segment_key
),

tasks as (
    select
        conversation_key,
        task_sid,
        max(ivr_time) as ivr_time
    from {{ ref('int_segments') }}
    group by conversation_key, task_sid
),

tasks_of_conversations as (
    select
        conversation_key,
        count(*) as tasks,
        cast(sum(ivr_time) as bigint) as ivr_time
    from tasks
    group by conversation_key
),

waiting as (
    select distinct conversations.conversation_key
    from {{ ref('int_open_tasks') }} as open_tasks
    inner join {{ ref('int_task_conversations') }} as conversations
        on
            open_tasks.account_sid = conversations.account_sid
            and open_tasks.task_sid = conversations.task_sid
),

rolled_up as (
    select
        conversation_key,
        any_value(conversation_id) as conversation_id,
        min_by(worker_sid, position_in_conversation) filter (
            where has_agent and worker_sid is not null
        ) as first_worker_sid,
        max_by(worker_sid, position_in_conversation) filter (
            where has_agent and worker_sid is not null
        ) as last_worker_sid,
        min_by(task_queue_sid, position_in_conversation)
            filter (where is_wait and task_queue_sid is not null) as first_queue_sid,
        max_by(task_queue_sid, position_in_conversation)
            filter (where is_wait and task_queue_sid is not null) as last_queue_sid,
        max_by(handling_team_id, position_in_conversation) filter (
            where has_agent and handling_team_id is not null
        ) as handling_team_id,

        min(started_at) as started_at,
        max(ended_at) as ended_at,
        {%- for column in ['direction', 'channel', 'communication_channel', 'workflow_name'] %}
        max(case when position_in_conversation = 1 then {{ column }} end) as {{ column }},
        {%- endfor %}
        max_by(outcome, position_in_conversation) filter (where outcome is not null) as outcome,

        bool_or(is_handled) as is_handled,
        bool_or(is_abandoned) as is_abandoned,
        -- of the last such row, also where it has none: max_by alone would pass over a null
        nullif(
            max_by(coalesce(abandoned_phase, ''), position_in_conversation)
                filter (where is_abandoned),
            ''
        ) as abandoned_phase,
        bool_or(is_in_progress) as has_row_in_progress,
        coalesce(bool_or(virtual = 'Yes'), false) as is_virtual,

        count(*) as segments,
        count(distinct worker_sid) filter (where has_agent) as agents,
        count(*) filter (where is_wait) as queue_segments,
        count(*) filter (where is_conversation) as conversation_segments,
        count(*) filter (where derived_kind = 'Missed Conversation') as missed_segments,
        count(*) filter (where derived_kind = 'Rejected Conversation') as rejected_segments,
        count(*) filter (where is_wait and is_transfer) as transfers,

        cast(sum(queue_time) filter (where is_wait) as bigint) as queue_time,
        {%- for column in [
            'ring_time', 'talk_time', 'wrap_up_time', 'handling_time', 'hold_time',
        ] %}
        cast(sum({{ column }}) filter (where is_conversation) as bigint) as {{ column }},
        {%- endfor %}
        cast(sum(abandon_time) filter (
            where is_wait or (is_agent_conversation and abandoned = 'Yes')
        ) as bigint) as abandon_time
    from segments
    group by conversation_key
)

select
    rolled_up.*,
    customers.account_sid,
    customers.customer_key,
    customers.customer_id,
    customers.is_known_only_by_conversation,
    rolled_up.has_row_in_progress or waiting.conversation_key is not null as is_in_progress,
    tasks_of_conversations.tasks,
    tasks_of_conversations.ivr_time,
    case
        when rolled_up.direction = 'Outbound'
            then {{ sum_of_known(['rolled_up.ring_time', 'rolled_up.talk_time']) }}
        else {{ sum_of_known([
            'tasks_of_conversations.ivr_time', 'rolled_up.queue_time', 'rolled_up.talk_time'
        ]) }}
    end as experience_time
from rolled_up
inner join tasks_of_conversations
    on rolled_up.conversation_key = tasks_of_conversations.conversation_key
inner join {{ ref('int_conversation_customers') }} as customers
    on rolled_up.conversation_key = customers.conversation_key
left join waiting on rolled_up.conversation_key = waiting.conversation_key
