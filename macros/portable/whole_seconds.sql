{#- A number of seconds supplied as text, rounded half away from zero to a bigint; null where the text
    is no finite number, negative, or beyond what a bigint holds. -#}
{% macro whole_seconds(text) -%}
    case
        when {{ finite_number(text) }} between 0 and 9e15
            then cast(round({{ finite_number(text) }}) as bigint)
    end
{%- endmacro %}
