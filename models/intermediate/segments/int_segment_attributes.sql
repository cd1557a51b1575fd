-- The segments of tasks with the texts that they carry: what was supplied, else what TaskRouter
-- says. Texts that are only shown as they were supplied are in int_segment_details.
with

segments as (
    select
        *,
        lower(task_channel) = 'voice' as is_voice
    from {{ ref('int_task_segments') }}
),

attributes as (
    select
        *,
        coalesce(
            {{ known_direction('conversations_direction') }},
            {{ capitalised('conversations_direction') }},
            {{ known_direction('direction') }},
            case when outbound_to_address is not null then 'Outbound' end,
            'Inbound'
        ) as known_direction
    from {{ ref('int_task_attributes') }}
),

worker_attributes as (
    select * from {{ ref('int_worker_attributes') }}
)

select
    segments.*,
    coalesce(attributes.known_direction, 'Inbound') as direction,
    coalesce(
        attributes.conversations_channel,
        case
            when segments.is_voice then 'Call'
            when lower(segments.task_channel) = 'chat' then 'Chat'
            else segments.task_channel
        end
    ) as channel,
    coalesce(
        attributes.conversations_communication_channel,
        case
            when lower(attributes.channel_type) = 'sms' then 'SMS'
            else {{ capitalised('attributes.channel_type') }}
        end,
        case when segments.is_voice then 'Call' end
    ) as communication_channel,
    coalesce(
        attributes.conversations_external_contact,
        case
            when segments.is_voice and attributes.known_direction = 'Inbound'
                then {{ attribute_text(
                    'coalesce(attributes.to_address, attributes.called_address)'
                ) }}
            when segments.is_voice and attributes.known_direction = 'Outbound'
                then {{ attribute_text(
                    'coalesce(attributes.from_address, attributes.caller_address)'
                ) }}
        end
    ) as external_contact,
    coalesce(
        attributes.conversations_initiated_by, {{ capitalised('attributes.initiated_by') }}
    ) as initiated_by,
    coalesce(
        {{ known_answer('attributes.conversations_virtual') }},
        attributes.conversations_virtual,
        'No'
    ) as virtual,
    coalesce(attributes.conversations_queue, segments.task_queue_name) as queue_name,
    coalesce(attributes.conversations_workflow, segments.task_workflow_name) as workflow_name,
    coalesce(
        attributes.conversations_outcome,
        attributes.reason,
        segments.task_end_reason,
        case
            when segments.reservation_outcome != 'accepted' then segments.event_reason
        end
    ) as outcome,

    case
        when segments.derived_kind not in ('Queue', 'Conversation') then null
        when attributes.conversations_abandoned is not null
            then coalesce(
                {{ known_answer('attributes.conversations_abandoned') }},
                attributes.conversations_abandoned
            )
        when lower(attributes.conversations_abandoned_phase) = 'callback request' then 'Follow-Up'
        when segments.is_abandoned_visit then 'Yes'
        else 'No'
    end as abandoned,
    attributes.conversations_abandoned_phase as supplied_abandoned_phase,
    coalesce(
        case when segments.derived_kind = 'Conversation' then attributes.conversations_kind end,
        segments.derived_kind
    ) as kind,

    {{ first_with_id('handling_team', [
        ('attributes.conversations_handling_team_id', 'attributes.conversations_handling_team_'),
        ('worker_attributes.team_id', 'worker_attributes.team_'),
    ], else_id='segments.task_queue_sid', else_name='segments.task_queue_name') }},
    {{ first_with_id('handling_department', [
        ('attributes.conversations_handling_department_id',
            'attributes.conversations_handling_department_'),
        ('worker_attributes.department_id', 'worker_attributes.department_'),
    ]) }},

    {%- for name in times_that_can_be_supplied() %}
    attributes.conversations_{{ name }} as supplied_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from segments
left join attributes on segments.task_attributes_key = attributes.task_attributes_key
left join worker_attributes
    on segments.worker_attributes_key = worker_attributes.worker_attributes_key
