{#- The quarter of an hour that a timestamp lies in. Every zone in use today is a whole number of quarter
    hours away from UTC, so the cuts are the same in UTC and in local time. -#}
{% macro start_of_quarter_hour(time) -%}
    {{ return(adapter.dispatch('start_of_quarter_hour')(time)) }}
{%- endmacro %}

{% macro duckdb__start_of_quarter_hour(time) -%}
    time_bucket(interval 15 minute, {{ time }})
{%- endmacro %}

{% macro spark__start_of_quarter_hour(time) -%}
    timestampadd(microsecond, -pmod(unix_micros({{ time }}), 900000000), {{ time }})
{%- endmacro %}
