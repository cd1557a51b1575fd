{#- One value of a text that may be no JSON object, as text: then null. path as in json_value. -#}
{% macro value_in_text(text, path) -%}
    {{ return(adapter.dispatch('value_in_text')(text, path)) }}
{%- endmacro %}

{% macro duckdb__value_in_text(text, path) -%}
    case when {{ is_json_object(text) }} then {{ json_value(text, path) }} end
{%- endmacro %}

{#- The text is given a name, since it is used more than once. -#}
{% macro spark__value_in_text(text, path) -%}
    transform(
        array({{ text }}),
        text_in -> case when {{ is_json_object('text_in') }} then {{ json_value('text_in', path) }} end
    )[0]
{%- endmacro %}
