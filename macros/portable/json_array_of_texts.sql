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

{% macro spark__json_array_of_texts(text) -%}
    {%- set arrays = spark_from_json(text, 'array<array<string>>', around=('[', ']')) -%}
    case
        when {{ text }} rlike r'^[ \t\r\n]*\[' and size({{ arrays }}) = 1
            and not {{ spark_has_half_surrogate(text) }}
            then transform(
                {{ arrays }}[0],
                (value, place) -> {{ spark_json_text(
                    'value', spark_from_json(text, 'array<variant>', is_inside=true) ~ '[place]'
                ) }}
            )
    end
{%- endmacro %}
