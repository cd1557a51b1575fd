{#- A unique value for each row that sorts like the given columns, which are unique together: on DuckDB the
    number of the row, quick to join; on Spark the columns themselves, since a single task would have to
    number all rows. -#}
{% macro number_in_order(columns) -%}
    {{ return(adapter.dispatch('number_in_order')(columns)) }}
{%- endmacro %}

{% macro duckdb__number_in_order(columns) -%}
    row_number() over (order by {{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__number_in_order(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}
