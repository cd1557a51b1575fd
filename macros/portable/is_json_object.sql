{#- True where the text can be read as one JSON object; false for other JSON, broken JSON and null.
    The case keeps broken text away from the functions that would stop the query. -#}
{% macro is_json_object(text) -%}
    {{ return(adapter.dispatch('is_json_object')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_object(text) -%}
    case when json_valid({{ text }}) then json_type({{ text }}) = 'OBJECT' else false end
{%- endmacro %}
