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

{#- A time without zone is shifted by the offset itself: Spark's own reading of offsets goes through
    the session's time zone. 24:00 is the beginning of the next day. -#}
{% macro spark__event_time(text) -%}
    case
        when {{ text }} rlike r'^[0-9]{1,11}\z'
            then timestampadd(second, try_cast({{ text }} as bigint), timestamp_ntz '1970-01-01 00:00:00')
        when {{ text }} rlike r'^[0-9]{12,15}\z' and try_cast({{ text }} as bigint) < 253402300800000
            then timestampadd(
                millisecond, try_cast({{ text }} as bigint), timestamp_ntz '1970-01-01 00:00:00'
            )
        when {{ text }} rlike r'^[0-9]{4}-[0-9]{2}-[0-9]{2}\z'
            then try_cast({{ text }} as timestamp_ntz)
        when {{ text }} rlike
            r'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?\z'
            then timestampadd(
                minute,
                -{{ spark_offset_minutes(text) }},
                timestampadd(
                    day,
                    case when {{ text }} rlike r'^.{11}24:00(:00([.]0+)?)?([^0-9:.]|\z)' then 1 else 0 end,
                    try_cast(
                        regexp_replace(
                            regexp_extract({{ text }}, r'^([^.Z+]{16}[^.Z+-]*([.][0-9]{1,3})?)', 1),
                            r'^(.{11})24:00(?=(:00([.]0+)?)?\z)', '$100:00'
                        ) as timestamp_ntz
                    )
                )
            )
    end
{%- endmacro %}

{% macro spark_offset_minutes(text) -%}
    (
        coalesce(try_cast(regexp_extract({{ text }}, r':[0-9.]+([+-])([0-9]{2}):?([0-9]{2})?\z', 2) as bigint), 0) * 60
        + coalesce(try_cast(regexp_extract({{ text }}, r':[0-9.]+([+-])([0-9]{2}):?([0-9]{2})?\z', 3) as bigint), 0)
    ) * case when {{ text }} rlike r':[0-9.]+-[0-9:]+\z' then -1 else 1 end
{%- endmacro %}
