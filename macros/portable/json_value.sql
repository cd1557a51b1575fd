{#- One value of JSON text as text. path is an expression such as '$.a.b'; absent or null gives null,
    an object or array its JSON text. The text must be valid JSON or null. -#}
{% macro json_value(text, path) -%}
    {{ return(adapter.dispatch('json_value')(text, path)) }}
{%- endmacro %}

{% macro duckdb__json_value(text, path) -%}
    json_extract_string({{ text }}, {{ path }})
{%- endmacro %}

{% macro spark__json_value(text, path) -%}
    {%- set keys = path.strip("'").split('.')[1:] -%}
    {%- set around = namespace(sql=text) -%}
    {%- for key in keys[:-1] -%}
        {%- set around.sql = spark_from_json(
            around.sql, 'map<string,string>', is_inside=not loop.first
        ) ~ "['" ~ key ~ "']" -%}
    {%- endfor -%}
    {%- set map = spark_json_map('object', is_inside=keys | length > 1) -%}
    {{ spark_in_one_line(
        'transform(array(' ~ around.sql ~ '), object -> ' ~ map ~ "['" ~ keys[-1] ~ "'])[0]"
    ) }}
{%- endmacro %}
