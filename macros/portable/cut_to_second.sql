{#- A timestamp without its fraction of a second; null gives null. -#}
{% macro cut_to_second(time) -%}
    {{ return(adapter.dispatch('cut_to_second')(time)) }}
{%- endmacro %}

{% macro duckdb__cut_to_second(time) -%}
    date_trunc('second', {{ time }})
{%- endmacro %}

{#- Spark's date_trunc would give a timestamp of the session's time zone. -#}
{% macro spark__cut_to_second(time) -%}
    timestampadd(microsecond, -pmod(unix_micros({{ time }}), 1000000), {{ time }})
{%- endmacro %}
