{#- Yes and No are shown in one spelling, however they were supplied. -#}
{% macro known_answer(text) -%}
    case lower({{ text }})
        when 'yes' then 'Yes'
        when 'no' then 'No'
        when 'follow-up' then 'Follow-Up'
    end
{%- endmacro %}

{#- Id, name and name in hierarchy of a team or department: the first source that has an id gives all
    three. sources: pairs of the id's column and what its other columns begin with. -#}
{% macro first_with_id(name, sources, else_id='null', else_name='null') -%}
    case
        {%- for id, prefix in sources %}
        when {{ id }} is not null then {{ id }}
        {%- endfor %}
        else {{ else_id }}
    end as {{ name }}_id,
    case
        {%- for id, prefix in sources %}
        when {{ id }} is not null then {{ prefix }}name
        {%- endfor %}
        when {{ else_id }} is not null then {{ else_name }}
    end as {{ name }}_name,
    case
        {%- for id, prefix in sources %}
        when {{ id }} is not null then {{ prefix }}name_in_hierarchy
        {%- endfor %}
        when {{ else_id }} is not null then {{ else_name }}
    end as {{ name }}_name_in_hierarchy
{%- endmacro %}

{#- A label without attribute makes the row's key the attribute; an attribute without label is its own
    label. -#}
{% macro attribute_and_label(prefix, number, key) -%}
    case
        when {{ prefix }}_attribute_{{ number }} is not null
            then {{ prefix }}_attribute_{{ number }}
        when {{ prefix }}_label_{{ number }} is not null then {{ key }}
    end as conversation_attribute_{{ number }},
    coalesce({{ prefix }}_label_{{ number }}, {{ prefix }}_attribute_{{ number }})
        as conversation_label_{{ number }}
{%- endmacro %}
