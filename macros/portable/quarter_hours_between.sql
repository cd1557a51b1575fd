{#- One row for each quarter hour from first to last, both included (a table function in a select list). -#}
{% macro quarter_hours_between(first, last) -%}
    {{ return(adapter.dispatch('quarter_hours_between')(first, last)) }}
{%- endmacro %}

{% macro duckdb__quarter_hours_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 15 minute))
{%- endmacro %}

{#- sequence() would stop the query where the last lies before the first. -#}
{% macro spark__quarter_hours_between(first, last) -%}
    explode(
        case when {{ first }} <= {{ last }}
            then sequence({{ first }}, {{ last }}, interval '15' minute) end
    )
{%- endmacro %}
