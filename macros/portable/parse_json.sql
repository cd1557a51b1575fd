{#- Typed columns out of JSON text in one parse.
    text: an expression holding valid JSON (guard with is_json_object); fields: a list whose entries
    are key names or pairs [key, list of keys] for an object inside. Gives a struct of text values:
    absent keys, nulls and fields of a non-object are null, a nested value is its JSON text.
    Of a key that stands twice, the first counts. -#}
{% macro parse_json(text, fields) -%}
    {{ return(adapter.dispatch('parse_json')(text, fields)) }}
{%- endmacro %}

{% macro duckdb__parse_json(text, fields) -%}
    from_json({{ text }}, '{{ duckdb_json_structure(fields) }}')
{%- endmacro %}

{% macro duckdb_json_structure(fields) -%}
    {%- set parts = [] -%}
    {%- for field in fields -%}
        {%- if field is string -%}
            {%- do parts.append('"' ~ field ~ '":"VARCHAR"') -%}
        {%- else -%}
            {%- do parts.append('"' ~ field[0] ~ '":' ~ duckdb_json_structure(field[1])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('{' ~ parts | join(',') ~ '}') }}
{%- endmacro %}

{#- Jackson gives the last of a key that stands twice to a struct, but all of them to a map, in which a
    look-up finds the first. One level is read at a time; an object inside comes as its text. -#}
{% macro spark__parse_json(text, fields) -%}
    {{ spark_in_one_line(spark_json_struct(text, fields, 1)) }}
{%- endmacro %}

{#- transform() over an array of one gives what is used more than once a name. -#}
{% macro spark_json_struct(text, fields, level) -%}
    {%- set object, keys = 'object_' ~ level, 'keys_' ~ level -%}
    {%- set columns, objects = [], [] -%}
    {%- for field in fields -%}
        {%- if field is string -%}
            {%- do columns.append("'" ~ field ~ "', " ~ keys ~ "['" ~ field ~ "']") -%}
        {%- else -%}
            {%- do objects.append(field[0]) -%}
            {%- set inside = spark_json_object(object, keys, field[0]) -%}
            {%- do columns.append(
                "'" ~ field[0] ~ "', " ~ spark_json_struct(inside, field[1], level + 1)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    transform(
        array({{ text }}),
        {{ object }} -> transform(
            array({{ spark_json_map(object, objects, is_inside=level > 1) }}),
            {{ keys }} -> named_struct({{ columns | join(', ') }})
        )[0]
    )[0]
{%- endmacro %}
