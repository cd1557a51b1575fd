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
