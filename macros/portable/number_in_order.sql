{#- What tells the rows of a relation apart and puts them in the order of columns that are unique together:
    on DuckDB their number, quick to join; on Spark the columns themselves, since numbers for all rows would
    have to be given by one task. -#}
{% macro number_in_order(columns) -%}
    {{ return(adapter.dispatch('number_in_order')(columns)) }}
{%- endmacro %}

{% macro duckdb__number_in_order(columns) -%}
    row_number() over (order by {{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__number_in_order(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}
