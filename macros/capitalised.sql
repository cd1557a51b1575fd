{#- A text with its first letter in upper case. -#}
{% macro capitalised(text) -%}
    {{ upper_case('substring(' ~ text ~ ', 1, 1)') }} || substring({{ text }}, 2)
{%- endmacro %}

{#- Directions come in any case, and from voice as outbound-api or outbound-dial too. -#}
{% macro known_direction(text) -%}
    case
        when lower({{ text }}) like 'inbound%' then 'Inbound'
        when lower({{ text }}) like 'outbound%' then 'Outbound'
        when lower({{ text }}) like 'internal%' then 'Internal'
    end
{%- endmacro %}
