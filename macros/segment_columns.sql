{#- The texts that int_segment_attributes settles. -#}
{% macro settled_texts() -%}
    {{ return([
        'abandoned', 'channel', 'communication_channel', 'direction', 'external_contact',
        'initiated_by', 'outcome', 'queue_name', 'virtual', 'workflow_name',
        'handling_team_id', 'handling_team_name', 'handling_team_name_in_hierarchy',
        'handling_department_id', 'handling_department_name',
        'handling_department_name_in_hierarchy',
    ]) }}
{%- endmacro %}

{#- The times that attributes can supply for a segment. -#}
{% macro times_that_can_be_supplied() -%}
    {{ return([
        'queue_time', 'abandon_time', 'ring_time', 'talk_time', 'wrap_up_time', 'hold_time',
        'ivr_time',
    ]) }}
{%- endmacro %}

{#- The times that int_segment_facts settles. -#}
{% macro settled_times() -%}
    {{ return([
        'queue_time', 'total_queue_time', 'ring_time', 'talk_time', 'wrap_up_time',
        'abandon_time', 'hold_time', 'handling_time', 'ivr_time',
    ]) }}
{%- endmacro %}

{#- The texts that a segment shows only as they were supplied. -#}
{% macro supplied_texts() -%}
    {{ return([
        'activity', 'campaign', 'content', 'destination', 'hang_up_by', 'in_business_hours',
        'initiative', 'ivr_path', 'language', 'productive', 'recording_status', 'service_level',
        'source',
    ]) }}
{%- endmacro %}

{#- The facts that a Conversation row shows only as they were supplied. -#}
{% macro supplied_facts() -%}
    {{ return([
        'first_response_time', 'average_response_time', 'focus_time', 'agent_talk_time',
        'customer_talk_time', 'crosstalk_time', 'silence_time', 'longest_talk_by_agent',
        'longest_talk_by_customer', 'longest_silence_before_agent',
        'longest_silence_before_customer', 'priority',
    ] + numbered('conversation_measure', 10)) }}
{%- endmacro %}

{#- The columns of int_task_attributes that int_segment_details shows. -#}
{% macro supplied_columns() -%}
    {%- set columns = [] -%}
    {%- for name in ['case', 'order', 'followed_by', 'preceded_by'] + supplied_texts()
        + numbered('conversation_attribute', 10) + numbered('conversation_label', 10)
        + supplied_facts() -%}
        {%- do columns.append('conversations_' ~ name) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- Columns of one relation, comma-separated. -#}
{% macro columns_of(relation, names) -%}
    {%- for name in names %}
    {{ relation }}.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- What only segments of tasks have. -#}
{% macro task_segment_texts() -%}
    {%- set shared = [
        'activity', 'handling_team_id', 'handling_team_name', 'handling_team_name_in_hierarchy',
        'handling_department_id', 'handling_department_name',
        'handling_department_name_in_hierarchy',
    ] -%}
    {{ return([
        'conversation_key', 'conversation_id', 'task_sid', 'reservation_sid', 'task_queue_sid',
        'workflow_sid', 'call_sid', 'flex_interaction_sid', 'transfer_sid', 'previous_task_sid',
        'visit_outcome', 'answered_by_reservation_sid', 'reservation_outcome',
        'abandoned_phase', 'followed_by', 'preceded_by', 'segment_link', 'media', 'case_id',
        'transfer_type', 'transfer_mode', 'transfer_status', 'transferred_from_segment_key',
    ] + ((settled_texts() + supplied_texts()) | reject('in', shared) | list)
    + numbered('conversation_attribute', 10) + numbered('conversation_label', 10)) }}
{%- endmacro %}
