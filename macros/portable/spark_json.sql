{#- What the macros that read JSON share on Spark. DuckDB's reader is the measure: it takes a comma after the
    last value and NaN, refuses single quotes, half surrogates and whatever follows the value, and writes
    numbers in its own way. -#}

{#- The keys of one JSON object with their values as texts; null where the text is none. text: a name, since
    it is used more than once; objects: keys whose values are read as objects in their turn. A text that
    Spark has written itself, as it does for an object inside another, needs no second try. -#}
{% macro spark_json_map(text, objects=[], is_inside=false) -%}
    transform_values(
        {{ spark_from_json(text, 'map<string,string>', is_inside=is_inside) }},
        (key, value) -> case
            {%- if objects %}
            when key in ('{{ objects | join("', '") }}') then value
            {%- endif %}
            when not contains(value, 'E') and not startswith(value, '"') then value
            else {{ spark_json_text(
                'value', spark_from_json(text, 'map<string,variant>', is_inside=true) ~ '[key]'
            ) }}
        end
    )
{%- endmacro %}

{#- Null where the text cannot be read. The second try is without a comma after the last value. -#}
{% macro spark_from_json(text, type, around=('', ''), is_inside=false) -%}
    {%- set options = "map('allowSingleQuotes', 'false')" -%}
    {%- set before, after = around -%}
    coalesce(
        {%- for candidate in ([text] if is_inside else [text, spark_standard_json(text)]) %}
        from_json(
            {{ "'" ~ before ~ "' || " if before }}{{ candidate }}{{ " || '" ~ after ~ "'" if after }},
            '{{ type }}',
            {{ options }}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- JSON without commas after a last value; null if it has none. -#}
{% macro spark_standard_json(text) -%}
    case
        when {{ text }} rlike r',[ \t\r\n]*[}\]]'
            then regexp_replace(
                {{ text }},
                r'("(?:[^"\\]++|\\.)*+")|(?<=[^{\[,:\s][ \t\r\n]{0,9}),(?=[ \t\r\n]*[}\]])',
                '$1'
            )
    end
{%- endmacro %}

{#- A value that is an object, as its text; null where it is a string that holds the text of one. Only
    where the key is followed by a quotation mark somewhere is it worth a closer look. -#}
{% macro spark_json_object(text, keys, key) -%}
    case
        when not startswith({{ keys }}['{{ key }}'], '{') then null
        when contains({{ text }}, '"{{ key }}":{')
            and not contains({{ text }}, '"{{ key }}":"') and not contains({{ text }}, '"{{ key }}": "')
            then {{ keys }}['{{ key }}']
        when {{ text }} not rlike r'"{{ key }}"[ \t\r\n]*:[ \t\r\n]*"' then {{ keys }}['{{ key }}']
        when schema_of_variant({{ spark_from_json(text, 'map<string,variant>', is_inside=true) }}['{{ key }}'])
            like 'OBJECT%' then {{ keys }}['{{ key }}']
    end
{%- endmacro %}

{#- The text that Spark gives of a JSON value in DuckDB's spelling of numbers: Java writes 1.0E22 where
    DuckDB writes 1e+22, and so from 10 000 000 on; and NaN in quotation marks. A value that may be meant is
    looked at once more as a variant, which knows strings from numbers. -#}
{% macro spark_json_text(value, variant) -%}
    case
        when {{ value }} not rlike r'(^|[\[:,])-?[0-9][.][0-9]+E-?[0-9]+([,}\]]|\z)|^"-?(NaN|Infinity)"\z'
            or coalesce(schema_of_variant({{ variant }}), '') = 'STRING'
            then {{ value }}
        when startswith({{ value }}, '"') then trim(both '"' from {{ value }})
        when {{ value }} rlike r'^[{\[]'
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
        else {{ spark_number_text(value, -4, 15, true) }}
    end
{%- endmacro %}

{#- A number in Java's scientific notation, in full between two powers of ten, else as 1e22, or as 1e+22 and
    1e-07 where exponents have a sign and two digits. -#}
{% macro spark_number_text(number, lowest, highest, has_long_exponent) -%}
    {%- set exponent = "int(substring_index(" ~ number ~ ", 'E', -1))" -%}
    case
        when {{ exponent }} between {{ lowest }} and {{ highest }}
            then regexp_replace(
                if(
                    {{ exponent }} > 0,
                    string(cast({{ number }} as decimal(38, 16))),
                    string(cast({{ number }} as decimal(38, 30)))
                ),
                r'(\.[0-9]*?[1-9]|\.0)0*\z',
                '$1'
            )
        else
            regexp_replace(substring_index({{ number }}, 'E', 1), r'\.0\z', '')
            || 'e'
            {%- if has_long_exponent %}
            || if({{ exponent }} < 0, '-', '+')
            || if(abs({{ exponent }}) < 10, '0', '')
            || string(abs({{ exponent }}))
            {%- else %}
            || string({{ exponent }})
            {%- endif %}
    end
{%- endmacro %}

{#- The metastore keeps the text of a view, of at most 32,700 characters: a third of it would be indentation. -#}
{% macro spark_in_one_line(sql) -%}
    {{ return(modules.re.sub('\\s+', ' ', sql)) }}
{%- endmacro %}
