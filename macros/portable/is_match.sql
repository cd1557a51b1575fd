{#- True where a regular expression (of the kind both engines share: no look-around) matches somewhere. -#}
{% macro is_match(text, pattern) -%}
    {{ return(adapter.dispatch('is_match')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__is_match(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- In Java $ stands before a last line feed too, \s takes a vertical tab and the dot ends at more than
    a line feed. -#}
{% macro spark__is_match(text, pattern) -%}
    {{ text }} rlike r'(?d){{ pattern | replace("$", "\\z") | replace("\\s", "[ \\t\\n\\f\\r]") }}'
{%- endmacro %}
