{#- True where the text can be read as one JSON object; false for other JSON, broken JSON and null.
    The case keeps broken text away from the functions that would stop the query. -#}
{% macro is_json_object(text) -%}
    {{ return(adapter.dispatch('is_json_object')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_object(text) -%}
    case when json_valid({{ text }}) then json_type({{ text }}) = 'OBJECT' else false end
{%- endmacro %}

{#- Jackson stops at the end of the first value: within brackets, and again within an object, what follows it
    stands out. It reads half a surrogate pair as a question mark. -#}
{% macro spark__is_json_object(text) -%}
    coalesce(
        {{ text }} rlike r'^[ \t\r\n]*[{]'
        and size({{ spark_from_json(text, 'array<string>', around=('[', ']')) }}) = 1
        and {{ spark_from_json(text, 'map<string,string>', around=('{"value":', '}')) }} is not null
        and not {{ spark_has_half_surrogate(text) }},
        false
    )
{%- endmacro %}

{% macro spark_has_half_surrogate(text) -%}
    (
        {{ text }} rlike r'(?i)\\u[d][89a-f]'
        and regexp_replace(
            replace({{ text }}, r'\\', ''), r'(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}', ''
        ) rlike r'(?i)\\ud[89a-f]'
    )
{%- endmacro %}
