{#- The first day of the week (Monday), month, quarter or year that a date lies in. -#}
{% macro first_day_of(part, day) -%}
    {{ return(adapter.dispatch('first_day_of')(part, day)) }}
{%- endmacro %}

{% macro duckdb__first_day_of(part, day) -%}
    cast(date_trunc('{{ part }}', {{ day }}) as date)
{%- endmacro %}

{% macro spark__first_day_of(part, day) -%}
    trunc({{ day }}, '{{ part }}')
{%- endmacro %}
