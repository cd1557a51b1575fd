with

segments as (
    select
        *,
        kind = 'Queue' as is_wait,
        kind = 'Conversation' as is_conversation,
        kind = 'Conversation' and agent_key is not null as is_agent_conversation
    from {{ ref('fct_segments') }}
),

-- counting conversations already grouped is much faster than count(distinct …)
conversations as (
    select
        account_sid,
        date_key,
        queue_key,
        handling_team_key,
        agent_key,
        channel,
        direction,
        conversation_key,
        bool_or(is_abandoned) as is_abandoned,
        bool_or(is_conversation and is_handled) as is_handled,
        sum(abandon_time)
            filter (where is_wait or (is_agent_conversation and abandoned = 'Yes')) as abandon_time,
        sum(queue_time) filter (where is_wait) as queue_time,
        sum(talk_time) filter (where is_conversation) as talk_time,
        sum(wrap_up_time) filter (where is_conversation) as wrap_up_time,
        count(*) filter (where is_wait) as segments_including_abandoned,
        count(*) filter (where is_wait and is_abandoned) as abandoned_segments,
        count(*) filter (where is_conversation and is_handled) as handled_segments,
        sum(queue_time) filter (where is_agent_conversation) as answered_queue_time
    from segments
    group by
        account_sid, date_key, queue_key, handling_team_key, agent_key, channel, direction,
        conversation_key
)

select
    account_sid,
    date_key,
    queue_key,
    handling_team_key,
    agent_key,
    channel,
    direction,

    count(conversation_key) filter (where is_abandoned) as abandoned_conversations,
    cast(sum(abandon_time) as bigint) as abandon_time,
    count(conversation_key) filter (where is_handled) as handled_conversations,
    cast(sum(queue_time) as bigint) as queue_time,
    cast(sum(talk_time) as bigint) as talk_time,
    cast(sum(wrap_up_time) as bigint) as wrap_up_time,

    count(conversation_key) as conversations,
    count(conversation_key) filter (where is_handled or is_abandoned)
        as conversations_including_abandoned,
    cast(sum(segments_including_abandoned) as bigint) as segments_including_abandoned,
    cast(sum(abandoned_segments) as bigint) as abandoned_segments,
    cast(sum(handled_segments) as bigint) as handled_segments,
    cast(sum(answered_queue_time) as bigint) as answered_queue_time
from conversations
group by account_sid, date_key, queue_key, handling_team_key, agent_key, channel, direction
