{#- The text attributes of a segment that int_segment_attributes settles. -#}
{% macro segment_text_columns() -%}
    {{ return([
        'abandoned', 'activity', 'campaign', 'case_id', 'channel', 'communication_channel',
        'content', 'destination', 'direction', 'external_contact', 'hang_up_by',
        'handling_department_id', 'handling_department_name',
        'handling_department_name_in_hierarchy', 'handling_team_id', 'handling_team_name',
        'handling_team_name_in_hierarchy', 'in_business_hours', 'initiated_by', 'initiative',
        'ivr_path', 'language', 'outcome', 'productive', 'queue_name', 'recording_status',
        'service_level', 'source', 'virtual', 'workflow_name',
    ] + numbered('conversation_attribute', 10) + numbered('conversation_label', 10)) }}
{%- endmacro %}

{#- The facts of a segment that int_segment_facts settles. -#}
{% macro segment_fact_columns() -%}
    {{ return([
        'queue_time', 'total_queue_time', 'ring_time', 'talk_time', 'wrap_up_time',
        'abandon_time', 'hold_time', 'handling_time', 'ivr_time', 'first_response_time',
        'average_response_time', 'focus_time', 'agent_talk_time', 'customer_talk_time',
        'crosstalk_time', 'silence_time', 'longest_talk_by_agent', 'longest_talk_by_customer',
        'longest_silence_before_agent', 'longest_silence_before_customer', 'priority',
    ] + numbered('conversation_measure', 10)) }}
{%- endmacro %}

{#- Columns of one relation, comma-separated. -#}
{% macro columns_of(relation, names) -%}
    {%- for name in names %}
    {{ relation }}.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The texts that only segments of tasks have. -#}
{% macro segment_only_texts() -%}
    {%- set shared = [
        'activity', 'handling_team_id', 'handling_team_name', 'handling_team_name_in_hierarchy',
        'handling_department_id', 'handling_department_name',
        'handling_department_name_in_hierarchy',
    ] -%}
    {{ return([
        'conversation_key', 'conversation_id', 'task_sid', 'reservation_sid', 'task_queue_sid',
        'workflow_sid', 'call_sid', 'flex_interaction_sid', 'transfer_sid', 'previous_task_sid',
        'visit_outcome', 'answered_by_reservation_sid', 'reservation_outcome',
        'abandoned_phase', 'followed_by', 'preceded_by', 'segment_link', 'media',
        'transfer_type', 'transfer_mode', 'transfer_status', 'transferred_from_segment_key',
    ] + (segment_text_columns() | reject('in', shared) | list)) }}
{%- endmacro %}
