-- Every segment of a task, complete but for its customer.
with

segments as (
    select * from {{ ref('int_task_segments') }}
),

transfers as (
    select * from {{ ref('int_segment_transfers') }}
),

-- the last successful transfer that an agent's conversation led to
transfers_that_follow as (
    select
        transferred_from_segment_key as segment_key,
        transfer_label,
        row_number() over (
            partition by transferred_from_segment_key order by started_at desc, segment_key
        ) as from_the_last
    from transfers
    where transfer_status = 'Successful' and transferred_from_segment_key is not null
)

select
    segments.segment_key,
    conversations.conversation_key,
    conversations.conversation_id,
    segments.account_sid,
    segments.workspace_sid,
    segments.task_sid,
    segments.reservation_sid,
    segments.worker_sid,
    segments.task_queue_sid,
    segments.workflow_sid,
    links.call_sid,
    links.flex_interaction_sid,
    links.previous_task_sid,
    transfers.transfer_sid,

    segments.derived_kind,
    segments.is_agent_conversation,
    segments.started_at,
    segments.ended_at,
    segments.talk_ended_at,
    segments.has_clock_skew,
    segments.is_end_inferred,
    segments.answered_by_reservation_sid,
    segments.queue_time as computed_queue_time,
    segments.talk_time as computed_talk_time,
    segments.wrap_up_time as computed_wrap_up_time,
    segments.visit_number,
    case
        when segments.derived_kind != 'Queue' then null
        when segments.answered_by_reservation_sid is not null then 'Answered'
        when texts.abandoned = 'Yes' then 'Abandoned'
        when segments.ended_by_entry then 'Left'
        else 'Ended'
    end as visit_outcome,
    segments.reservation_outcome,

    coalesce(texts.supplied_kind, segments.derived_kind) as kind,
    coalesce(
        texts.supplied_abandoned_phase,
        case
            when
                texts.abandoned = 'Yes'
                and segments.reservation_sid is null
                and segments.answered_by_reservation_sid is null
                then 'Queue'
        end
    ) as abandoned_phase,
    coalesce(
        texts.supplied_followed_by,
        case
            when segments.derived_kind = 'Conversation' then transfers_that_follow.transfer_label
        end
    ) as followed_by,
    coalesce(
        texts.supplied_preceded_by,
        case
            when
                transfers.transfer_status = 'Successful'
                and segments.derived_kind in ('Queue', 'Conversation')
                then transfers.transfer_label
        end
    ) as preceded_by,
    {{ columns_of('texts', segment_text_columns()) }},
    transfers.segment_key is not null as is_transfer,
    transfers.transfer_type,
    transfers.transfer_mode,
    transfers.transfer_status,
    transfers.transferred_from_segment_key,
    media.media,
    media.segment_link,
    cast(
        coalesce(facts.supplied_order, conversations.position_in_conversation) as integer
    ) as segment_order,
    conversations.position_in_conversation,
    facts.has_supplied_times,
    {{ columns_of('facts', segment_fact_columns()) }}
from segments
inner join {{ ref('int_conversation_segments') }} as conversations
    on segments.segment_key = conversations.segment_key
inner join {{ ref('int_task_links') }} as links
    on segments.account_sid = links.account_sid and segments.task_sid = links.task_sid
inner join {{ ref('int_segment_attributes') }} as texts
    on segments.segment_key = texts.segment_key
inner join {{ ref('int_segment_facts') }} as facts
    on segments.segment_key = facts.segment_key
left join {{ ref('int_segment_media') }} as media
    on segments.segment_key = media.segment_key
left join transfers on segments.segment_key = transfers.segment_key
left join transfers_that_follow
    on
        segments.segment_key = transfers_that_follow.segment_key
        and transfers_that_follow.from_the_last = 1
