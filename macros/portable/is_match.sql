{#- True where a regular expression (of the kind both engines share: no look-around) matches somewhere. -#}
{% macro is_match(text, pattern) -%}
    {{ return(adapter.dispatch('is_match')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__is_match(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}
