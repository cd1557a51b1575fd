with

texts as (
    select
        attributes_key as worker_attributes_key,
        attributes
    from {{ ref('int_new_attribute_texts') }}
    where attributes_of = 'worker'
),

told_apart as (
    select
        *,
        {{ is_json_object('attributes') }} as is_readable
    from texts
),

parsed as (
    select
        worker_attributes_key,
        is_readable,
        case
            when is_readable then {{ parse_json('attributes', worker_attribute_texts()
                + worker_attribute_long_texts() + worker_attribute_hierarchies() + ['roles']) }}
        end as fields
    from told_apart
),

cleaned as (
    select
        worker_attributes_key,
        {%- for name in worker_attribute_texts() if name != 'role' %}
        {{ attribute_text("fields['" ~ name ~ "']") }} as {{ name }},
        {%- endfor %}
        {%- for name in worker_attribute_long_texts() %}
        {{ long_attribute_text("fields['" ~ name ~ "']") }} as {{ name }},
        {%- endfor %}
        {%- for name in worker_attribute_hierarchies() %}
        {{ hierarchy_text("fields['" ~ name ~ "']") }} as {{ name }},
        {%- endfor %}
        coalesce(
            {{ attribute_text("fields['role']") }},
            {{ attribute_text(join_texts(json_array_of_texts("fields['roles']"), ', ')) }}
        ) as role,
        is_readable
    from parsed
)

select * from cleaned
