with

segments as (
    select
        *,
        coalesce(
            kind = 'Conversation' and agent_key is not null and abandoned is distinct from 'Yes',
            false
        ) as is_handled,
        coalesce(
            abandoned = 'Yes' and abandoned_phase is distinct from 'Voicemail', false
        ) as is_abandoned,
        kind = 'Queue' or (kind = 'Conversation' and agent_key is not null and abandoned = 'Yes')
            as tells_abandon_time
    from {{ ref('fct_segments') }}
),

-- counting conversations that are told apart already is much faster than count(distinct …)
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
        bool_or(is_handled) as is_handled,
        sum(abandon_time) filter (where tells_abandon_time) as abandon_time,
        sum(queue_time) filter (where kind = 'Queue') as queue_time,
        sum(talk_time) filter (where kind = 'Conversation') as talk_time,
        sum(wrap_up_time) filter (where kind = 'Conversation') as wrap_up_time,
        count(*) filter (where kind = 'Queue') as segments_including_abandoned,
        count(*) filter (where kind = 'Queue' and is_abandoned) as abandoned_segments,
        count(*) filter (where is_handled) as handled_segments,
        sum(queue_time) filter (where kind = 'Conversation' and agent_key is not null)
            as answered_queue_time
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
