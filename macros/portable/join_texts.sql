{#- The elements of a list of texts, in their order, with a separator between; nulls are left out,
    a null list gives null. -#}
{% macro join_texts(list, separator) -%}
    {{ return(adapter.dispatch('join_texts')(list, separator)) }}
{%- endmacro %}

{% macro duckdb__join_texts(list, separator) -%}
    array_to_string({{ list }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__join_texts(list, separator) -%}
    array_join({{ list }}, '{{ separator }}')
{%- endmacro %}
