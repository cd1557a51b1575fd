{#- A timestamp without its fraction of a second; null gives null. -#}
{% macro cut_to_second(time) -%}
    {{ return(adapter.dispatch('cut_to_second')(time)) }}
{%- endmacro %}

{% macro duckdb__cut_to_second(time) -%}
    date_trunc('second', {{ time }})
{%- endmacro %}
