{#- One value of JSON text as text. path is an expression such as '$.a.b'; absent or null gives null,
    an object or array its JSON text. The text must be valid JSON or null. -#}
{% macro json_value(text, path) -%}
    {{ return(adapter.dispatch('json_value')(text, path)) }}
{%- endmacro %}

{% macro duckdb__json_value(text, path) -%}
    json_extract_string({{ text }}, {{ path }})
{%- endmacro %}

{% macro spark__json_value(text, path) -%}
    {%- set value = namespace(sql=spark_standard_json(text)) -%}
    {%- for key in path.strip("'").split('.')[1:] -%}
        {%- set value.sql = spark_json_map(value.sql) ~ "['" ~ key ~ "']" -%}
    {%- endfor -%}
    {{ value.sql }}
{%- endmacro %}
