{#- The English name of the day of a date (Monday). -#}
{% macro day_name(day) -%}
    {{ return(adapter.dispatch('day_name')(day)) }}
{%- endmacro %}

{% macro duckdb__day_name(day) -%}
    dayname({{ day }})
{%- endmacro %}

{% macro spark__day_name(day) -%}
    element_at(
        array('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'),
        weekday({{ day }}) + 1
    )
{%- endmacro %}
