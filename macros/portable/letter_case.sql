{#- A text in lower or upper case, each code point for itself: Java's way with whole words knows a sigma at
    the end, and makes two letters of one. A code point of which Java makes two stays as it is; DuckDB has
    one for a few of them. -#}
{% macro lower_case(text) -%}
    {{ return(adapter.dispatch('lower_case')(text)) }}
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{% macro spark__lower_case(text) -%}
    case
        when {{ text }} rlike r'[^\x00-\x7F]'
            then array_join(transform(split({{ text }}, ''), letter -> lower(replace(letter, 'İ', 'i'))), '')
        else lower({{ text }})
    end
{%- endmacro %}

{% macro upper_case(text) -%}
    {{ return(adapter.dispatch('upper_case')(text)) }}
{%- endmacro %}

{% macro duckdb__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}

{% macro spark__upper_case(text) -%}
    case
        when {{ text }} rlike r'[^\x00-\x7F]'
            then array_join(
                transform(
                    split({{ text }}, ''),
                    letter -> case
                        when letter = 'ß' then 'ẞ'
                        when length(upper(letter)) > 1 then letter
                        else upper(letter)
                    end
                ),
                ''
            )
        else upper({{ text }})
    end
{%- endmacro %}
