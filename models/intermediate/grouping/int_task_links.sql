{%- set links = {
    'explicit_conversation_id': 'conversations_conversation_id',
    'call_sid': 'call_sid',
    'flex_interaction_sid': 'flex_interaction_sid',
    'previous_task_sid': 'previous_task_sid',
    'attribute_transfer_sid': 'transfer_sid',
    'transfer_target_type': 'transfer_target_type',
} -%}
-- The latest value seen on each task of every attribute that links it to other tasks.
with

attribute_versions as (
    select
        events.account_sid,
        events.task_sid,
        events.readable_task_attributes_key as task_attributes_key,
        min(events.event_at) as first_event_at
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_touched_tasks') }} as touched
        on events.account_sid = touched.account_sid and events.task_sid = touched.task_sid
    where events.event_type not like 'worker.%'
    group by events.account_sid, events.task_sid, events.readable_task_attributes_key
),

told as (
    select
        versions.account_sid,
        versions.task_sid,
        versions.first_event_at,
        versions.task_attributes_key,
        {%- for link, attribute in links.items() %}
        attributes.{{ attribute }} as {{ link }}{{ ',' if not loop.last }}
        {%- endfor %}
    from attribute_versions as versions
    left join {{ ref('int_task_attributes') }} as attributes
        on versions.task_attributes_key = attributes.task_attributes_key
),

tasks as (
    select
        account_sid,
        task_sid,
        min(first_event_at) as first_event_at,
        {%- for link in links %}
        max({{ link }}) as {{ link }},
        {%- endfor %}
        {%- for link in links %}
        coalesce(min({{ link }}) != max({{ link }}), false){{ ' or' if not loop.last }}
        {%- endfor %} as has_changed
    from told
    group by account_sid, task_sid
),

-- only where a link has changed does the order of events matter
events_of_changed as (
    select
        events.account_sid,
        events.task_sid,
        events.readable_task_attributes_key as task_attributes_key,
        row_number() over (
            partition by events.task_sid, events.account_sid order by {{ causal_order() }}
        ) as event_number
    from {{ ref('int_events') }} as events
    inner join tasks on events.account_sid = tasks.account_sid and events.task_sid = tasks.task_sid
    where tasks.has_changed and events.event_type not like 'worker.%'
),

changed as (
    select
        events.account_sid,
        events.task_sid,
        {%- for link in links %}
        max_by(told.{{ link }}, events.event_number) filter (where told.{{ link }} is not null)
            as {{ link }}{{ ',' if not loop.last }}
        {%- endfor %}
    from events_of_changed as events
    inner join told
        on
            events.account_sid = told.account_sid
            and events.task_sid = told.task_sid
            and events.task_attributes_key = told.task_attributes_key
    group by events.account_sid, events.task_sid
)

select
    tasks.account_sid,
    tasks.task_sid,
    tasks.first_event_at,
    {%- for link in links %}
    coalesce(changed.{{ link }}, tasks.{{ link }}) as {{ link }}{{ ',' if not loop.last }}
    {%- endfor %}
from tasks
left join changed
    on tasks.account_sid = changed.account_sid and tasks.task_sid = changed.task_sid
