-- The latest value seen on each task of every attribute that links it to other tasks.
with

task_events as (
    select
        events.account_sid,
        events.task_sid,
        events.event_at,
        events.readable_task_attributes_key as task_attributes_key,
        row_number() over (
            partition by events.account_sid, events.task_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_touched_tasks') }} as touched
        on events.account_sid = touched.account_sid and events.task_sid = touched.task_sid
    where events.event_type not like 'worker.%'
),

tasks as (
    select
        account_sid,
        task_sid,
        min(event_at) as first_event_at
    from task_events
    group by account_sid, task_sid
),

attribute_versions as (
    select
        account_sid,
        task_sid,
        task_attributes_key,
        max(event_number) as event_number
    from task_events
    where task_attributes_key is not null
    group by account_sid, task_sid, task_attributes_key
),

links as (
    select
        versions.account_sid,
        versions.task_sid,
        {%- for column, attribute in [
            ('explicit_conversation_id', 'conversations_conversation_id'),
            ('call_sid', 'call_sid'),
            ('flex_interaction_sid', 'flex_interaction_sid'),
            ('previous_task_sid', 'previous_task_sid'),
            ('attribute_transfer_sid', 'transfer_sid'),
            ('transfer_target_type', 'transfer_target_type'),
        ] %}
        max_by(attributes.{{ attribute }}, versions.event_number)
            filter (where attributes.{{ attribute }} is not null) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
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
from tasks
left join links
    on tasks.account_sid = links.account_sid and tasks.task_sid = links.task_sid
