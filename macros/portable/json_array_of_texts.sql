{#- The elements of a JSON array as a list of texts; null where the text is no array. -#}
{% macro json_array_of_texts(text) -%}
    {{ return(adapter.dispatch('json_array_of_texts')(text)) }}
{%- endmacro %}

{% macro duckdb__json_array_of_texts(text) -%}
    case
        when json_valid({{ text }}) and json_type({{ text }}) = 'ARRAY'
            then from_json({{ text }}, '["VARCHAR"]')
    end
{%- endmacro %}
