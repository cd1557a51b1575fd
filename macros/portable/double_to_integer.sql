{#- A double rounded to the nearest integer, halves to the even one; null beyond what an integer holds. -#}
{% macro double_to_integer(number) -%}
    {{ return(adapter.dispatch('double_to_integer')(number)) }}
{%- endmacro %}

{% macro duckdb__double_to_integer(number) -%}
    try_cast({{ number }} as integer)
{%- endmacro %}

{% macro spark__double_to_integer(number) -%}
    try_cast(rint({{ number }}) as integer)
{%- endmacro %}
