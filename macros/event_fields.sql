{#- The fields that staging reads of an event, in the snake_case spelling of REST and Event Streams;
    a webhook spells the same names in PascalCase. -#}
{% macro event_fields() -%}
    {{ return([
        'account_sid', 'workspace_sid', 'resource_sid',
        'task_sid', 'task_attributes', 'task_version', 'task_channel_unique_name',
        'task_queue_sid', 'task_queue_name', 'task_queue_entered_date',
        'task_canceled_reason', 'task_completed_reason', 'reason',
        'workflow_sid', 'workflow_name',
        'reservation_sid', 'reservation_version',
        'worker_sid', 'worker_name', 'worker_attributes', 'worker_version',
        'worker_activity_name', 'worker_previous_activity_name',
        'worker_time_in_previous_activity', 'worker_time_in_previous_activity_ms',
        'task_transfer_sid', 'transfer_type', 'transfer_mode', 'transfer_to',
        'transfer_initiating_worker_sid', 'transfer_initiating_reservation_sid',
    ]) }}
{%- endmacro %}

{% macro pascal_case(name) -%}
    {{ return(name.split('_') | map('capitalize') | join('')) }}
{%- endmacro %}

{#- The JSON keys that hold the fields of an event in each form. -#}
{% macro event_json_fields(form) -%}
    {%- if form == 'webhook' -%}
        {%- set keys = ['Sid', 'EventType', 'TimestampMs', 'Timestamp'] -%}
        {%- for field in event_fields() -%}
            {%- do keys.append(pascal_case(field)) -%}
        {%- endfor -%}
        {{ return(keys) }}
    {%- elif form == 'rest' -%}
        {{ return([
            'sid', 'event_type', 'event_date_ms', 'event_date',
            'account_sid', 'workspace_sid', 'resource_sid', ['event_data', event_fields()],
            'eventType', 'eventDateMs', 'eventDate', 'workspaceSid', 'resourceSid',
        ]) }}
    {%- else -%}
        {{ return(['type', 'time', ['data', ['sid', ['payload', payload_fields()]]]]) }}
    {%- endif -%}
{%- endmacro %}

{% macro payload_fields() -%}
    {{ return(['sid', 'eventtype', 'timestamp'] + event_fields()) }}
{%- endmacro %}

{#- Whether nothing was read of the object that holds an event's fields: it may be given as JSON text. -#}
{% macro nothing_is_read(fields) -%}
    {{ fields }}.task_sid is null
    and {{ fields }}.worker_sid is null
    and {{ fields }}.workspace_sid is null
{%- endmacro %}

{#- The JSON text of the object that holds the fields of a REST or Event Streams event, however it is
    spelled; null if there is none. -#}
{% macro fields_text(event, form) -%}
    case
        when {{ form }} = 'rest'
            then coalesce(
                {{ json_value(event, "'$.event_data'") }},
                {{ json_value(event, "'$.eventData'") }},
                {{ json_value(event, "'$.payload'") }}
            )
        when {{ form }} = 'event_streams'
            then coalesce(
                {{ value_in_text(json_value(event, "'$.data'"), "'$.payload'") }},
                {{ json_value(event, "'$.payload'") }}
            )
    end
{%- endmacro %}

{#- One field of an event of any form in its usual spelling, as text. -#}
{% macro event_field(field, event='event', form='form') -%}
    case
        when {{ form }} = 'webhook' then {{ json_value(event, "'$." ~ pascal_case(field) ~ "'") }}
        when {{ form }} = 'rest' then {{ json_value(event, "'$.event_data." ~ field ~ "'") }}
        else {{ json_value(event, "'$.data.payload." ~ field ~ "'") }}
    end
{%- endmacro %}

{#- A SID of an event; where it is missing, that of the event's resource if its prefix fits. -#}
{% macro sid_or_resource(sid, prefix) -%}
    coalesce({{ sid }}, case when resource_sid like '{{ prefix }}%' then resource_sid end)
{%- endmacro %}
