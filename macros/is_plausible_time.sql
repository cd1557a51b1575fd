{#- Whether something can have been told of by an event: since 2008, when Twilio was founded, and before
    2100. The bounds are fixed, so that it never matters when an event was loaded. -#}
{% macro is_plausible_time(time) -%}
    ({{ time }} >= timestamp '2008-01-01 00:00:00' and {{ time }} < timestamp '2100-01-01 00:00:00')
{%- endmacro %}
