with

minutes_of_day as (
    select cast(series.n as integer) as time_key
    from {{ number_series(0, 1439) }} as series
),

parts as (
    select
        time_key,
        cast(floor(time_key / 60) as integer) as hour,
        cast(floor(time_key / 15) as integer) as quarter_hour,
        cast(floor(time_key / 30) as integer) as half_hour,
        time_key % 60 as minute
    from minutes_of_day
),

two_digits as (
    select
        *,
        lpad(cast(hour as string), 2, '0') as hour_digits,
        lpad(cast(quarter_hour % 4 * 15 as string), 2, '0') as quarter_hour_digits,
        lpad(cast(half_hour % 2 * 30 as string), 2, '0') as half_hour_digits
    from parts
),

labelled as (
    select
        time_key,
        hour,
        minute,
        quarter_hour,
        half_hour,
        hour_digits || ':00' as hour_label,
        hour_digits || ':' || quarter_hour_digits as quarter_hour_label,
        hour_digits || ':' || half_hour_digits as half_hour_label
    from two_digits
)

select * from labelled
