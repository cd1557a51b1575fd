{#- The day of the week of a date, 1 = Monday to 7 = Sunday. -#}
{% macro day_of_week(day) -%}
    {{ return(adapter.dispatch('day_of_week')(day)) }}
{%- endmacro %}

{% macro duckdb__day_of_week(day) -%}
    isodow({{ day }})
{%- endmacro %}

{% macro spark__day_of_week(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}
