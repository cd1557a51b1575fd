{#- One row for each quarter hour from first to last, both included (a table function in a select list). -#}
{% macro quarter_hours_between(first, last) -%}
    {{ return(adapter.dispatch('quarter_hours_between')(first, last)) }}
{%- endmacro %}

{% macro duckdb__quarter_hours_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 15 minute))
{%- endmacro %}
