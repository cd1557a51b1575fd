{#- SHA-256 of a text as 64 lower-case hexadecimal digits; null gives null. -#}
{% macro sha256_text(text) -%}
    {{ return(adapter.dispatch('sha256_text')(text)) }}
{%- endmacro %}

{% macro duckdb__sha256_text(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro spark__sha256_text(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}
