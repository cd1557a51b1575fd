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
        ]) }}
    {%- else -%}
        {{ return([
            'type', 'time',
            ['data', [
                'sid', ['payload', ['sid', 'eventtype', 'timestamp'] + event_fields()],
            ]],
        ]) }}
    {%- endif -%}
{%- endmacro %}

{#- One field of an event of any form, as text. -#}
{% macro event_field(field, event='event', form='form') -%}
    case
        when {{ form }} = 'webhook' then {{ json_value(event, "'$." ~ pascal_case(field) ~ "'") }}
        when {{ form }} = 'rest' then {{ json_value(event, "'$.event_data." ~ field ~ "'") }}
        else {{ json_value(event, "'$.data.payload." ~ field ~ "'") }}
    end
{%- endmacro %}
