{#- What a text reads as a whole number, as a bigint; a decimal fraction is rounded, halves away from zero.
    Null where it is no number or beyond what a bigint holds. (DuckDB takes 0x1F, 0b11 and 1_000 too, which
    no event carries; Spark does not.) -#}
{% macro whole_number(text) -%}
    {{ return(adapter.dispatch('whole_number')(text)) }}
{%- endmacro %}

{% macro duckdb__whole_number(text) -%}
    try_cast({{ text }} as bigint)
{%- endmacro %}

{% macro spark__whole_number(text) -%}
    case
        when {{ text }} rlike r'^[ \t\n\f\r]*[+-]?[0-9]+[ \t\n\f\r]*\z' then try_cast({{ text }} as bigint)
        when {{ finite_number(text) }} is not null
            then try_cast(round(try_cast({{ text }} as decimal(38, 18))) as bigint)
    end
{%- endmacro %}
