{#- What a text reads as a finite decimal number, as a double; null for everything else (empty, words,
    booleans, NaN, infinity, hexadecimal, digit groups). -#}
{% macro finite_number(text) -%}
    {{ return(adapter.dispatch('finite_number')(text)) }}
{%- endmacro %}

{% macro duckdb__finite_number(text) -%}
    case
        when regexp_full_match({{ text }}, '\s*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\s*')
            and isfinite(try_cast({{ text }} as double))
            then try_cast({{ text }} as double)
    end
{%- endmacro %}
