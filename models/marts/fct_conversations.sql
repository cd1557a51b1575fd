with

conversations as (
    select
        *,
        {{ local_time('started_at') }} as started_at_local,
        case when not is_in_progress then ended_at end as known_end_at,
        case when not is_in_progress then {{ local_time('ended_at') }} end as known_end_at_local
    from {{ ref('int_conversations') }}
),

repeats as (
    select * from {{ ref('int_repeat_contacts') }}
)

select
    conversations.conversation_key,
    conversations.account_sid,
    conversations.conversation_id,
    conversations.customer_key,
    {{ key_in_account('conversations.first_worker_sid', 'conversations.account_sid') }}
        as first_agent_key,
    {{ key_in_account('conversations.last_worker_sid', 'conversations.account_sid') }}
        as last_agent_key,
    {{ key_in_account('conversations.first_queue_sid', 'conversations.account_sid') }}
        as first_queue_key,
    {{ key_in_account('conversations.last_queue_sid', 'conversations.account_sid') }}
        as last_queue_key,
    {{ key_in_account('conversations.handling_team_id', 'conversations.account_sid') }}
        as handling_team_key,
    cast(conversations.started_at_local as date) as date_key,
    {{ minute_of_day('conversations.started_at_local') }} as time_key,

    conversations.started_at,
    conversations.known_end_at as ended_at,
    conversations.started_at_local,
    conversations.known_end_at_local as ended_at_local,

    conversations.direction,
    conversations.channel,
    conversations.communication_channel,
    conversations.workflow_name,
    conversations.outcome,
    repeats.is_followed_by_repeat,
    conversations.is_handled,
    conversations.is_abandoned,
    conversations.abandoned_phase,
    conversations.is_in_progress,
    conversations.is_virtual,

    conversations.segments,
    conversations.tasks,
    conversations.agents,
    conversations.queue_segments,
    conversations.conversation_segments,
    conversations.missed_segments,
    conversations.rejected_segments,
    conversations.transfers,

    conversations.queue_time,
    conversations.ring_time,
    conversations.talk_time,
    conversations.wrap_up_time,
    conversations.handling_time,
    conversations.hold_time,
    conversations.abandon_time,
    conversations.ivr_time,
    conversations.experience_time
from conversations
inner join repeats on conversations.conversation_key = repeats.conversation_key
