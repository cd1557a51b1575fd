{#- A timestamp so many milliseconds later (earlier if negative); null if either is null. -#}
{% macro add_milliseconds(time, milliseconds) -%}
    {{ return(adapter.dispatch('add_milliseconds')(time, milliseconds)) }}
{%- endmacro %}

{% macro duckdb__add_milliseconds(time, milliseconds) -%}
    ({{ time }} + to_milliseconds({{ milliseconds }}))
{%- endmacro %}

{% macro spark__add_milliseconds(time, milliseconds) -%}
    timestampadd(millisecond, {{ milliseconds }}, {{ time }})
{%- endmacro %}
