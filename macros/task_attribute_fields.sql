{#- The keys that staging reads of task attributes. Texts are cut to 128 characters, long texts
    (labels, links, contents) are not; the names of columns are the keys in snake_case, those of the
    objects `conversations` and `customers` with the object's name in front. -#}
{% macro address_fields() -%}
    {%- set fields = [] -%}
    {%- for party in ['from', 'to', 'caller', 'called'] -%}
        {%- for part in ['country', 'state', 'city', 'zip'] -%}
            {%- do fields.append(party ~ '_' ~ part) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}

{% macro numbered(name, count) -%}
    {%- set fields = [] -%}
    {%- for number in range(1, count + 1) -%}
        {%- do fields.append(name ~ '_' ~ number) -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}

{% macro conversation_texts() -%}
    {{ return([
        'kind', 'abandoned', 'abandoned_phase', 'activity', 'campaign', 'case', 'channel',
        'communication_channel', 'destination', 'direction', 'external_contact', 'followed_by',
        'preceded_by', 'hang_up_by', 'handling_department_id', 'handling_department_name',
        'handling_team_id', 'handling_team_name', 'in_business_hours', 'initiated_by',
        'initiative', 'ivr_path', 'language', 'outcome', 'productive', 'queue',
        'recording_status', 'service_level', 'source', 'virtual', 'workflow',
    ] + numbered('conversation_attribute', 10)) }}
{%- endmacro %}

{% macro conversation_long_texts() -%}
    {{ return(
        ['conversation_id', 'content', 'segment_link', 'media'] + numbered('conversation_label', 10)
    ) }}
{%- endmacro %}

{% macro conversation_seconds() -%}
    {{ return([
        'queue_time', 'abandon_time', 'ring_time', 'talk_time', 'wrap_up_time', 'hold_time',
        'ivr_time', 'first_response_time', 'focus_time', 'agent_talk_time', 'customer_talk_time',
        'crosstalk_time', 'silence_time', 'longest_talk_by_agent', 'longest_talk_by_customer',
        'longest_silence_before_agent', 'longest_silence_before_customer',
    ]) }}
{%- endmacro %}

{% macro conversation_numbers() -%}
    {{ return(
        ['order', 'priority', 'average_response_time'] + numbered('conversation_measure', 10)
    ) }}
{%- endmacro %}

{% macro conversation_hierarchies() -%}
    {{ return(['handling_department_name_in_hierarchy', 'handling_team_name_in_hierarchy']) }}
{%- endmacro %}

{% macro customer_texts() -%}
    {{ return([
        'name', 'country', 'region', 'state', 'city', 'area', 'zip', 'geo_location', 'category',
        'customer_manager', 'gender', 'market_segment', 'organization', 'type',
    ] + numbered('customer_attribute', 3)) }}
{%- endmacro %}

{% macro customer_long_texts() -%}
    {{ return(['external_id', 'phone', 'email', 'customer_link'] + numbered('customer_label', 3)) }}
{%- endmacro %}

{% macro customer_numbers() -%}
    {{ return(['year_of_birth', 'acquisition_cost', 'business_value']) }}
{%- endmacro %}

{#- Keys of the root that are spelled otherwise than their columns. -#}
{% macro renamed_root_fields() -%}
    {{ return({
        'from': 'from_address', 'to': 'to_address', 'caller': 'caller_address',
        'called': 'called_address', 'outbound_to': 'outbound_to_address', 'direction': 'direction',
        'call_sid': 'call_sid', 'flexInteractionSid': 'flex_interaction_sid',
        'transfer_sid': 'transfer_sid', 'previous_task_sid': 'previous_task_sid',
        'transferTargetType': 'transfer_target_type', 'channelType': 'channel_type',
        'customerAddress': 'customer_address', 'customerName': 'customer_name',
        'initiatedBy': 'initiated_by', 'reason': 'reason',
        'reservation_attributes': 'reservation_attributes',
    }) }}
{%- endmacro %}

{% macro task_attribute_json_fields() -%}
    {{ return(
        (renamed_root_fields().keys() | list) + address_fields() + [
            ['conversations', conversation_texts() + conversation_long_texts()
                + conversation_seconds() + conversation_numbers() + conversation_hierarchies()],
            ['customers', customer_texts() + customer_long_texts() + customer_numbers()
                + ['acquisition_date']],
        ]
    ) }}
{%- endmacro %}

{#- Columns of one cleaning, out of an object inside the parsed attributes. -#}
{% macro cleaned_columns(object, names, clean) -%}
    {%- for name in names %}
        {{ clean("fields['" ~ object ~ "']['" ~ name ~ "']") }} as {{ object }}_{{ name }},
    {%- endfor %}
{%- endmacro %}

{% macro attribute_text(text) -%}
    nullif({{ text_of_code_points(text, 128) }}, '')
{%- endmacro %}

{% macro long_attribute_text(text) -%}
    nullif({{ text }}, '')
{%- endmacro %}

{#- A name in hierarchy may come as a list of names from the top down. -#}
{% macro hierarchy_text(text) -%}
    nullif({{ text_of_code_points(
        'coalesce(' ~ join_texts(json_array_of_texts(text), ' ▸ ') ~ ', ' ~ text ~ ')', 128
    ) }}, '')
{%- endmacro %}

{#- A supplied date, empty outside 1901 to 2049. -#}
{% macro attribute_date(text) -%}
    case
        when {{ is_match(text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$') }}
            and year(try_cast({{ text_of_code_points(text, 10) }} as date)) between 1901 and 2049
            then try_cast({{ text_of_code_points(text, 10) }} as date)
    end
{%- endmacro %}
