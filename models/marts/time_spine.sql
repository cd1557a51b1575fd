-- MetricFlow wants a row for each moment of the finest grain that metrics can be asked at.
-- A view: nothing is made until somebody asks.
with

days as (
    select * from {{ ref('dim_dates') }}
),

seconds_of_day as (
    select series.n from {{ number_series(0, 86399) }} as series
)

select
    {{ add_milliseconds('cast(days.date_key as timestamp)', 'seconds_of_day.n * 1000') }}
        as second_at
from days
cross join seconds_of_day
