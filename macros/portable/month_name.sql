{#- The English name of the month of a date (January). -#}
{% macro month_name(day) -%}
    {{ return(adapter.dispatch('month_name')(day)) }}
{%- endmacro %}

{% macro duckdb__month_name(day) -%}
    monthname({{ day }})
{%- endmacro %}

{% macro spark__month_name(day) -%}
    element_at(
        array(
            'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
            'October', 'November', 'December'
        ),
        month({{ day }})
    )
{%- endmacro %}
