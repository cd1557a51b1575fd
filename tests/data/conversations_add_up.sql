-- The times, counts, sums and yes-or-no columns of a conversation follow from its segments. An open
-- visit or pending offer has no row, so a conversation can be in progress although no segment is.
-- A supplied kind changes nothing here: Queue rows are those with an outcome of the visit, final
-- Conversation rows the others that say whether they were abandoned.
with

conversations as (
    select * from {{ ref('fct_conversations') }}
),

segments as (
    select
        *,
        visit_outcome is not null as is_queue,
        visit_outcome is null and abandoned is not null as is_conversation,
        visit_outcome is null and abandoned is not null and reservation_sid is not null
            as has_agent,
        (visit_outcome is null and abandoned is not null)
        or (kind = 'Conversation in Progress' and abandoned is null) as may_count_agent,
        kind = 'Conversation in Progress' and abandoned is null as is_open,
        coalesce(abandoned, 'No') = 'Yes' as is_given_up
    from {{ ref('fct_segments') }}
    where conversation_key is not null
),

ivr_of_tasks as (
    select
        conversation_key,
        task_sid,
        max(ivr_time) as ivr_time
    from segments
    where is_conversation
    group by conversation_key, task_sid
),

ivr as (
    select
        conversation_key,
        sum(ivr_time) as ivr_time
    from ivr_of_tasks
    group by conversation_key
),

expected as (
    select
        conversation_key,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        count(*) as segments,
        count(distinct task_sid) as tasks,
        count(distinct case when may_count_agent then agent_key end) as agents,
        count_if(is_queue) as queue_segments,
        count_if(is_conversation) as conversation_segments,
        count_if(reservation_outcome in ('timeout', 'canceled')) as missed_segments,
        count_if(reservation_outcome = 'rejected') as rejected_segments,
        count_if(is_queue and is_transfer) as transfers,
        sum(queue_time) filter (where is_queue) as queue_time,
        sum(ring_time) filter (where is_conversation) as ring_time,
        sum(talk_time) filter (where is_conversation) as talk_time,
        sum(wrap_up_time) filter (where is_conversation) as wrap_up_time,
        sum(handling_time) filter (where is_conversation) as handling_time,
        sum(hold_time) filter (where is_conversation) as hold_time,
        sum(abandon_time) filter (where is_queue or (has_agent and is_given_up)) as abandon_time,
        bool_or(has_agent and not is_given_up) as is_handled,
        bool_or(is_given_up and abandoned_phase is distinct from 'Voicemail') as is_abandoned,
        bool_or(segments.is_handled) as has_handled_segment,
        bool_or(segments.is_abandoned) as has_abandoned_segment,
        bool_or(is_open) as is_in_progress,
        bool_or(coalesce(virtual, 'No') = 'Yes') as is_virtual
    from segments
    group by conversation_key
)

select conversations.conversation_key
from conversations
inner join expected on conversations.conversation_key = expected.conversation_key
left join ivr on conversations.conversation_key = ivr.conversation_key
where
    conversations.started_at != expected.started_at
    or (
        not conversations.is_in_progress
        and (conversations.ended_at is distinct from expected.ended_at)
    )
    or (conversations.is_in_progress and conversations.ended_at is not null)
    or conversations.segments != expected.segments
    or conversations.tasks != expected.tasks
    or conversations.agents != expected.agents
    or conversations.queue_segments != expected.queue_segments
    or conversations.conversation_segments != expected.conversation_segments
    or conversations.missed_segments != expected.missed_segments
    or conversations.rejected_segments != expected.rejected_segments
    or conversations.transfers != expected.transfers
    or conversations.queue_time is distinct from expected.queue_time
    or conversations.ring_time is distinct from expected.ring_time
    or conversations.talk_time is distinct from expected.talk_time
    or conversations.wrap_up_time is distinct from expected.wrap_up_time
    or conversations.handling_time is distinct from expected.handling_time
    or conversations.hold_time is distinct from expected.hold_time
    or conversations.abandon_time is distinct from expected.abandon_time
    or conversations.ivr_time is distinct from ivr.ivr_time
    or conversations.is_handled != expected.is_handled
    or conversations.is_abandoned != expected.is_abandoned
    or conversations.is_handled != expected.has_handled_segment
    or conversations.is_abandoned != expected.has_abandoned_segment
    or conversations.is_virtual != expected.is_virtual
    or (expected.is_in_progress and not conversations.is_in_progress)
