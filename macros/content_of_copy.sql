{#- A hash of what the relation `copies` tells of an event: equal where copies tell the same. -#}
{% macro content_of_copy(fields) -%}
    {%- set parts = [milliseconds_since_epoch('copies.event_at')] -%}
    {%- for field in fields -%}
        {%- if field == 'task_queue_entered_at' -%}
            {%- do parts.append(milliseconds_since_epoch('copies.' ~ field)) -%}
        {%- else -%}
            {%- do parts.append('copies.' ~ field) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ surrogate_key(parts) }}
{%- endmacro %}
