-- depends_on: {{ ref('int_touched_keys') }}
with

segments as (
    select
        *,
        {{ local_time('started_at') }} as started_at_local,
        {{ local_time('ended_at') }} as ended_at_local
    from {{ ref('int_all_segments') }}
),

conversations as (
    select
        conversation_key,
        customer_key
    from {{ ref('int_conversations') }}
),

targets as (
    select * from {{ ref('int_service_level_targets') }}
)

select
    segments.segment_key,
    segments.conversation_key,
    {{ key_in_account('segments.worker_sid', 'segments.account_sid') }} as agent_key,
    conversations.customer_key,
    {{ key_in_account('segments.task_queue_sid', 'segments.account_sid') }} as queue_key,
    {{ key_in_account('segments.handling_team_id', 'segments.account_sid') }}
        as handling_team_key,
    {{ key_in_account('segments.handling_department_id', 'segments.account_sid') }}
        as handling_department_key,
    {{ key_in_account('segments.activity', 'segments.account_sid') }} as activity_key,
    cast(segments.started_at_local as date) as date_key,
    {{ minute_of_day('segments.started_at_local') }} as time_key,

    segments.account_sid,
    segments.workspace_sid,
    segments.conversation_id,
    segments.task_sid,
    segments.reservation_sid,
    segments.worker_sid,
    segments.task_queue_sid,
    segments.workflow_sid,
    segments.call_sid,
    segments.flex_interaction_sid,
    segments.transfer_sid,
    segments.previous_task_sid,

    segments.started_at,
    segments.ended_at,
    segments.started_at_local,
    segments.ended_at_local,
    segments.has_clock_skew,
    segments.is_end_inferred,

    segments.visit_outcome,
    case
        when segments.answered_by_reservation_sid is not null
            then {{ reservation_segment_key(
                'segments.answered_by_reservation_sid', 'segments.account_sid'
            ) }}
    end as answered_by_segment_key,
    segments.reservation_outcome,
    case when segments.visit_outcome is not null then targets.sla_threshold end as sla_threshold,
    case when segments.visit_outcome is not null then targets.short_abandoned_threshold end
        as short_abandoned_threshold,
    case
        when segments.visit_outcome is not null
            then segments.visit_outcome = 'Answered' or coalesce(
                segments.visit_outcome = 'Abandoned'
                and segments.queue_time > targets.short_abandoned_threshold, false
            )
    end as is_subject_to_sla,
    case
        when segments.visit_outcome is not null
            then coalesce(
                (
                    segments.visit_outcome = 'Answered'
                    {%- if var('sla_counts_abandons') %}
                    or (
                        segments.visit_outcome = 'Abandoned'
                        and segments.queue_time > targets.short_abandoned_threshold
                    )
                    {%- endif %}
                )
                and segments.queue_time < targets.sla_threshold, false
            )
    end as is_within_sla,
    segments.is_handled,
    segments.is_abandoned,

    segments.kind,
    {{ columns_of('segments', [
        'abandoned', 'abandoned_phase', 'activity', 'campaign', 'case_id', 'channel',
        'communication_channel', 'content', 'destination', 'direction', 'external_contact',
        'followed_by', 'preceded_by', 'hang_up_by', 'handling_department_id',
        'handling_department_name', 'handling_department_name_in_hierarchy', 'handling_team_id',
        'handling_team_name', 'handling_team_name_in_hierarchy', 'in_business_hours',
        'initiated_by', 'initiative', 'ivr_path', 'language', 'outcome', 'productive',
        'queue_name', 'recording_status', 'segment_link', 'media', 'service_level', 'source',
        'virtual', 'workflow_name',
    ] + numbered('conversation_attribute', 10) + numbered('conversation_label', 10)) }},
    segments.transfer_type,
    segments.transfer_mode,
    segments.transfer_status,
    segments.transferred_from_segment_key,
    segments.is_transfer,
    segments.segment_order,

    segments.queue_time,
    segments.total_queue_time,
    segments.ring_time,
    segments.talk_time,
    segments.wrap_up_time,
    segments.abandon_time,
    segments.hold_time,
    segments.activity_time,
    segments.handling_time,
    segments.ivr_time,
    {{ columns_of('segments', supplied_facts()[:11]) }},
    cast(
        extract(hour from segments.started_at_local) * 3600
        + extract(minute from segments.started_at_local) * 60
        + floor(extract(second from segments.started_at_local)) as bigint
    ) as time_in_seconds,
    {{ columns_of('segments', supplied_facts()[11:]) }}
from segments
left join conversations on segments.conversation_key = conversations.conversation_key
left join targets
    on
        segments.account_sid = targets.account_sid
        and segments.queue_name is not distinct from targets.queue_name
        and segments.channel is not distinct from targets.channel
        and segments.visit_outcome is not null
