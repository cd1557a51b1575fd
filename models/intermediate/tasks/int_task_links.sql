-- The latest value seen on each task of every attribute that links it to other tasks.
with

attribute_versions as (
    select
        account_sid,
        task_sid,
        task_attributes_key,
        max(event_number) as event_number
    from {{ ref('int_task_events') }}
    where task_attributes_key is not null
    group by account_sid, task_sid, task_attributes_key
),

links as (
    select
        versions.account_sid,
        versions.task_sid,
        max_by(attributes.conversations_conversation_id, versions.event_number)
            filter (where attributes.conversations_conversation_id is not null)
            as explicit_conversation_id,
        max_by(attributes.call_sid, versions.event_number)
            filter (where attributes.call_sid is not null) as call_sid,
        max_by(attributes.flex_interaction_sid, versions.event_number)
            filter (where attributes.flex_interaction_sid is not null) as flex_interaction_sid,
        max_by(attributes.previous_task_sid, versions.event_number)
            filter (where attributes.previous_task_sid is not null) as previous_task_sid,
        max_by(attributes.transfer_sid, versions.event_number)
            filter (where attributes.transfer_sid is not null) as attribute_transfer_sid,
        max_by(attributes.transfer_target_type, versions.event_number)
            filter (where attributes.transfer_target_type is not null) as transfer_target_type
    from attribute_versions as versions
    inner join {{ ref('stg_task_attributes') }} as attributes
        on versions.task_attributes_key = attributes.task_attributes_key
    group by versions.account_sid, versions.task_sid
)

select
    tasks.account_sid,
    tasks.task_sid,
    tasks.first_event_at,
    links.explicit_conversation_id,
    links.call_sid,
    links.flex_interaction_sid,
    links.previous_task_sid,
    links.attribute_transfer_sid,
    links.transfer_target_type
from {{ ref('int_tasks') }} as tasks
left join links
    on tasks.account_sid = links.account_sid and tasks.task_sid = links.task_sid
