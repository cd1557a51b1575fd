{#- A UTC timestamp as whole milliseconds since 1970-01-01; null gives null. Digits beyond the
    millisecond are dropped. -#}
{% macro milliseconds_since_epoch(time) -%}
    {{ return(adapter.dispatch('milliseconds_since_epoch')(time)) }}
{%- endmacro %}

{% macro duckdb__milliseconds_since_epoch(time) -%}
    epoch_ms({{ time }})
{%- endmacro %}

{% macro spark__milliseconds_since_epoch(time) -%}
    unix_millis({{ time }})
{%- endmacro %}
