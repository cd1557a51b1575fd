with

texts as (
    select
        attributes_key as task_attributes_key,
        attributes
    from {{ ref('int_new_attribute_texts') }}
    where attributes_of = 'task'
),

told_apart as (
    select
        *,
        {{ is_json_object('attributes') }} as is_readable
    from texts
),

parsed as (
    select
        task_attributes_key,
        is_readable,
        case
            when is_readable then {{ parse_json('attributes', task_attribute_json_fields()) }}
        end as fields
    from told_apart
),

cleaned as (
    select
        task_attributes_key,
        {%- for key, column in renamed_root_fields().items() %}
        {%- if column in ['reason', 'channel_type', 'customer_name', 'initiated_by', 'direction'] %}
        {{ attribute_text("fields['" ~ key ~ "']") }} as {{ column }},
        {%- else %}
        {{ long_attribute_text("fields['" ~ key ~ "']") }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for field in address_fields() %}
        {{ attribute_text("fields['" ~ field ~ "']") }} as {{ field }},
        {%- endfor %}
        {{- cleaned_columns('conversations', conversation_texts(), attribute_text) }}
        {{- cleaned_columns('conversations', conversation_long_texts(), long_attribute_text) }}
        {{- cleaned_columns('conversations', conversation_hierarchies(), hierarchy_text) }}
        {{- cleaned_columns('conversations', conversation_seconds(), whole_seconds) }}
        {{- cleaned_columns('conversations', conversation_numbers(), finite_number) }}
        {{- cleaned_columns('customers', customer_texts(), attribute_text) }}
        {{- cleaned_columns('customers', customer_long_texts(), long_attribute_text) }}
        {{- cleaned_columns('customers', customer_numbers(), finite_number) }}
        {{ attribute_date("fields['customers']['acquisition_date']") }}
            as customers_acquisition_date,
        is_readable
    from parsed
)

select * from cleaned
