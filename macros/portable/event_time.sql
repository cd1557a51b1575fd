{#- A time as events carry it, as a UTC timestamp cut to the millisecond: up to 11 digits are seconds
    since 1970, 12 to 15 digits milliseconds, otherwise ISO 8601 with or without offset (without: UTC).
    Null for anything else and for times after the year 9999. -#}
{% macro event_time(text) -%}
    {{ return(adapter.dispatch('event_time')(text)) }}
{%- endmacro %}

{% macro duckdb__event_time(text) -%}
    case
        when regexp_full_match({{ text }}, '[0-9]{1,11}')
            then make_timestamp(try_cast({{ text }} as bigint) * 1000000)
        when regexp_full_match({{ text }}, '[0-9]{12,15}') and try_cast({{ text }} as bigint) < 253402300800000
            then make_timestamp(try_cast({{ text }} as bigint) * 1000)
        when regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
            then try_cast({{ text }} as timestamp)
        when regexp_full_match(
            {{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'
        )
            then date_trunc('milliseconds', try_cast({{ text }} as timestamp))
        when regexp_full_match(
            {{ text }},
            '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)'
        )
            then date_trunc('milliseconds', timezone('UTC', try_cast({{ text }} as timestamptz)))
    end
{%- endmacro %}
