{#- One row for each moment at which what lasts from started to ended is cut into slices of workload (a
    table function in a select list); the first is not after the start. These are the quarters of an hour,
    but for what lasts more than 31 days the beginnings of the days of the reporting time zone: what an
    agent's absence or a broken clock makes of a stay costs one row a day. -#}
{% macro slice_cuts(started, ended) -%}
    {{ return(adapter.dispatch('slice_cuts')(started, ended)) }}
{%- endmacro %}

{% macro is_sliced_by_day(started, ended) -%}
    ({{ seconds_between(started, ended) }} > 31 * 86400)
{%- endmacro %}

{#- A day whose midnight comes twice or never begins a minute after the last one of the day before. -#}
{% macro duckdb__slice_cuts(started, ended) -%}
    unnest(
        case
            when {{ is_sliced_by_day(started, ended) }}
                then list_transform(
                    generate_series(
                        date_trunc('day', {{ local_time(started) }}), {{ local_time(ended) }}, interval 1 day
                    ),
                    lambda day: timezone('UTC', timezone('{{ reporting_time_zone() }}', day - interval 1 minute))
                        + interval 1 minute
                )
            else generate_series({{ start_of_quarter_hour(started) }}, {{ ended }}, interval 15 minute)
        end
    )
{%- endmacro %}

{% macro spark__slice_cuts(started, ended) -%}
    explode(
        case
            when {{ is_sliced_by_day(started, ended) }}
                then transform(
                    sequence(
                        date_trunc('day', {{ local_time(started) }}), {{ local_time(ended) }}, interval '1' day
                    ),
                    day -> convert_timezone('{{ reporting_time_zone() }}', 'UTC', day)
                )
            when {{ started }} <= {{ ended }}
                then sequence({{ start_of_quarter_hour(started) }}, {{ ended }}, interval '15' minute)
        end
    )
{%- endmacro %}
