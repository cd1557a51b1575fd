{#- Loads up to this one are in the tables already; on Spark none, since every build is a full one. -#}
{% macro processed_load_id() -%}
    {{ return(adapter.dispatch('processed_load_id')()) }}
{%- endmacro %}

{% macro duckdb__processed_load_id() -%}
    (select max(processed_load_id) from {{ build_state() }})
{%- endmacro %}

{% macro spark__processed_load_id() -%}
    -1
{%- endmacro %}
