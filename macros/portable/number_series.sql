{#- A relation with one column n: the whole numbers from first to last, both included. -#}
{% macro number_series(first, last) -%}
    {{ return(adapter.dispatch('number_series')(first, last)) }}
{%- endmacro %}

{% macro duckdb__number_series(first, last) -%}
    (select unnest(generate_series({{ first }}, {{ last }})) as n)
{%- endmacro %}

{% macro spark__number_series(first, last) -%}
    (select id as n from range({{ first }}, {{ last }} + 1))
{%- endmacro %}
