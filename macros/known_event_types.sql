{#- The event types that TaskRouter documents, as SQL literals. -#}
{% macro known_event_types() -%}
    {%- set events = {
        'task': [
            'created', 'updated', 'canceled', 'wrapup', 'completed', 'deleted', 'system-deleted',
            'transfer-initiated', 'transfer-attempt-failed', 'transfer-failed',
            'transfer-canceled', 'transfer-completed',
        ],
        'task-queue': ['entered', 'moved', 'timeout', 'created', 'deleted', 'expression.updated'],
        'workflow': [
            'entered', 'target-matched', 'skipped', 'timeout', 'created', 'updated', 'deleted',
        ],
        'reservation': [
            'created', 'accepted', 'rejected', 'timeout', 'canceled', 'rescinded', 'wrapup',
            'completed', 'failed',
        ],
        'worker': [
            'created', 'deleted', 'activity.update', 'attributes.update', 'capacity.update',
            'channel.availability.update',
        ],
        'activity': ['created', 'updated', 'deleted'],
        'task-channel': ['created', 'updated', 'deleted'],
        'workspace': ['created', 'updated', 'deleted'],
    } -%}
    {%- set types = [] -%}
    {%- for resource, names in events.items() -%}
        {%- for name in names -%}
            {%- do types.append("'" ~ resource ~ '.' ~ name ~ "'") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(types | join(', ')) }}
{%- endmacro %}
