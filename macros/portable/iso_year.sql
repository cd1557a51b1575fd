{#- The year that the ISO week of a date belongs to. -#}
{% macro iso_year(day) -%}
    {{ return(adapter.dispatch('iso_year')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_year(day) -%}
    isoyear({{ day }})
{%- endmacro %}

{% macro spark__iso_year(day) -%}
    extract(yearofweek from {{ day }})
{%- endmacro %}
