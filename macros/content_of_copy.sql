{#- A hash of the content of a row of the relation `copies`; two copies of an event with the same content
    have the same hash. -#}
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
