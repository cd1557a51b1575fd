{#- What is known about an agent, in the order of dim_agents. -#}
{% macro agent_columns() -%}
    {{ return([
        'full_name', 'agent_id', 'email', 'phone', 'location', 'manager', 'role', 'state',
        'team_id', 'team_name', 'team_name_in_hierarchy',
        'department_id', 'department_name', 'department_name_in_hierarchy',
        'agent_attribute_1', 'agent_attribute_2', 'agent_attribute_3',
        'agent_label_1', 'agent_label_2', 'agent_label_3',
    ]) }}
{%- endmacro %}

{% macro last_of_worker(column) -%}
    {{ last_non_empty(column, 'account_sid, worker_sid', 'event_number') }}
{%- endmacro %}
