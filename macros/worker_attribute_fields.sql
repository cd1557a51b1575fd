{#- The keys that staging reads of worker attributes. -#}
{% macro worker_attribute_texts() -%}
    {{ return([
        'full_name', 'agent_id', 'email', 'phone', 'location', 'manager', 'role', 'state',
        'team_id', 'team_name', 'department_id', 'department_name',
    ] + numbered('agent_attribute', 3)) }}
{%- endmacro %}

{% macro worker_attribute_long_texts() -%}
    {{ return(numbered('agent_label', 3)) }}
{%- endmacro %}

{% macro worker_attribute_hierarchies() -%}
    {{ return(['team_name_in_hierarchy', 'department_name_in_hierarchy']) }}
{%- endmacro %}
