{#- What is recorded after the last model of a build: on DuckDB how far it got, on Spark nothing. -#}
{% macro finish_build(results) -%}
    {{ return(adapter.dispatch('finish_build')(results)) }}
{%- endmacro %}

{% macro duckdb__finish_build(results) -%}
    {%- do finish_incremental_build(results) -%}
{%- endmacro %}

{% macro spark__finish_build(results) -%}
{%- endmacro %}
