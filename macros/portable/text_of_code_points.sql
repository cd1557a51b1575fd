{#- The first so many Unicode code points of a text. -#}
{% macro text_of_code_points(text, length) -%}
    {{ return(adapter.dispatch('text_of_code_points')(text, length)) }}
{%- endmacro %}

{% macro duckdb__text_of_code_points(text, length) -%}
    left({{ text }}, {{ length }})
{%- endmacro %}

{% macro spark__text_of_code_points(text, length) -%}
    left({{ text }}, {{ length }})
{%- endmacro %}
