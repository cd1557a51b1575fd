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

{#- Java's \s takes a vertical tab as well, and a comparison keeps infinity out. -#}
{% macro spark__finite_number(text) -%}
    case
        when {{ text }} rlike r'^[ \t\n\f\r]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ \t\n\f\r]*\z'
            and abs(try_cast({{ text }} as double)) <= 1.7976931348623157e308
            then try_cast({{ text }} as double)
    end
{%- endmacro %}
