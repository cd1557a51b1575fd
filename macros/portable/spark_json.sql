{#- What the macros that read JSON share on Spark. DuckDB's reader is the measure: it takes a comma after the
    last value and NaN, refuses single quotes, half surrogates and whatever follows the value, and writes
    numbers in its own way. -#}

{#- The keys of one JSON object with their values as texts; null where the text is none. -#}
{% macro spark_json_map(text) -%}
    transform_values(
        {{ spark_from_json(text, 'map<string,string>') }},
        (key, value) -> {{ spark_json_text('value') }}
    )
{%- endmacro %}

{% macro spark_from_json(text, type) -%}
    from_json({{ text }}, '{{ type }}', map('allowSingleQuotes', 'false'))
{%- endmacro %}

{#- A value that is an object, as its text; null where it is a string that holds the text of one. A string
    can only be meant where the key is followed by a quotation mark somewhere. -#}
{% macro spark_json_object(text, keys, key) -%}
    case
        when not startswith({{ keys }}['{{ key }}'], '{') then null
        when {{ text }} not rlike r'"{{ key }}"[ \t\r\n]*:[ \t\r\n]*"' then {{ keys }}['{{ key }}']
        when schema_of_variant({{ spark_from_json(text, 'map<string,variant>') }}['{{ key }}']) like 'OBJECT%'
            then {{ keys }}['{{ key }}']
    end
{%- endmacro %}

{#- JSON without the comma after the last value that DuckDB passes over. -#}
{% macro spark_standard_json(text) -%}
    case
        when {{ text }} rlike r',[ \t\r\n]*[}\]]'
            then regexp_replace(
                {{ text }},
                r'("(?:[^"\\]++|\\.)*+")|(?<=[^{\[,:\s][ \t\r\n]{0,9}),(?=[ \t\r\n]*[}\]])',
                '$1'
            )
        else {{ text }}
    end
{%- endmacro %}

{#- The text that Spark gives of a JSON value in DuckDB's spelling of numbers: Java writes 1.0E22 where
    DuckDB writes 1e+22, and from 10 000 000 on. -#}
{% macro spark_json_text(value) -%}
    case
        when {{ value }} rlike r'^-?[0-9][.][0-9]+E-?[0-9]+\z' then {{ spark_number_text(value, -4, 15, true) }}
        when {{ value }} rlike r'^[{\[].*[:,\[]-?[0-9][.][0-9]+E-?[0-9]'
            then array_join(
                transform(
                    regexp_extract_all(
                        {{ value }}, r'("(?:[^"\\]++|\\.)*+"|-?[0-9][0-9.E-]*|[^"0-9-]+|-)', 1
                    ),
                    token -> case
                        when token rlike r'^-?[0-9][.][0-9]+E-?[0-9]+\z'
                            then {{ spark_number_text('token', -6, 20, false) }}
                        else token
                    end
                ),
                ''
            )
        when {{ value }} in ('"NaN"', '"Infinity"', '"-Infinity"') then trim(both '"' from {{ value }})
        else {{ value }}
    end
{%- endmacro %}

{#- A number in Java's scientific notation, in full between two powers of ten, else as 1e22, or as 1e+22 and
    1e-07 where exponents have a sign and two digits. -#}
{% macro spark_number_text(number, lowest, highest, has_long_exponent) -%}
    {%- set exponent = "cast(substring_index(" ~ number ~ ", 'E', -1) as int)" -%}
    case
        when {{ exponent }} between {{ lowest }} and {{ highest }}
            then regexp_replace(
                case
                    when {{ exponent }} > 0 then cast(cast({{ number }} as decimal(38, 16)) as string)
                    else cast(cast({{ number }} as decimal(38, 30)) as string)
                end,
                r'(\.[0-9]*?[1-9]|\.0)0*\z',
                '$1'
            )
        else
            regexp_replace(substring_index({{ number }}, 'E', 1), r'\.0\z', '')
            || 'e'
            {%- if has_long_exponent %}
            || case when {{ exponent }} < 0 then '-' else '+' end
            || case when abs({{ exponent }}) < 10 then '0' else '' end
            || cast(abs({{ exponent }}) as string)
            {%- else %}
            || cast({{ exponent }} as string)
            {%- endif %}
    end
{%- endmacro %}
