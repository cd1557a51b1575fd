{#- The texts of a setting as SQL literals in lower case; null where the list is empty. -#}
{% macro lower_text_list(texts) -%}
    {%- for text in texts -%}
        {{ text_literal(text | lower) }}{{ ', ' if not loop.last }}
    {%- else -%}
        cast(null as {{ text_type() }})
    {%- endfor -%}
{%- endmacro %}
