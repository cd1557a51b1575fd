{#- How many of the columns are not null in the relation `copies`. -#}
{% macro count_of_filled(columns) -%}
    {%- for column in columns %}
        case when copies.{{ column }} is not null then 1 else 0 end{{ ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Whether one of the columns is not null. -#}
{% macro any_is_filled(columns) -%}
    {%- for column in columns %}
        {{ 'or ' if not loop.first }}{{ column }} is not null
    {%- endfor %}
{%- endmacro %}
