{#- The wall clock of the reporting time zone at a UTC timestamp, as a timestamp without zone. -#}
{% macro local_time(time) -%}
    {{ return(adapter.dispatch('local_time')(time)) }}
{%- endmacro %}

{% macro duckdb__local_time(time) -%}
    timezone('{{ reporting_time_zone() }}', timezone('UTC', {{ time }}))
{%- endmacro %}

{% macro spark__local_time(time) -%}
    convert_timezone('UTC', '{{ reporting_time_zone() }}', {{ time }})
{%- endmacro %}
