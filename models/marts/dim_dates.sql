with

days_of_facts as (
    select date_key from {{ ref('fct_segments') }}
    union all
    select date_key from {{ ref('fct_conversations') }}
    union all
    select date_key from {{ ref('fct_workload') }}
),

first_and_last as (
    select
        min(date_key) as first_day,
        max(date_key) as last_day
    from days_of_facts
    having min(date_key) is not null
),

days as (
    select {{ days_between('first_day', 'last_day') }} as date_key
    from first_and_last
)

select
    date_key,
    cast(extract(year from date_key) as integer) as year,
    cast(extract(quarter from date_key) as integer) as quarter,
    cast(extract(month from date_key) as integer) as month,
    {{ month_name('date_key') }} as month_name,
    cast(extract(week from date_key) as integer) as week,
    cast({{ iso_year('date_key') }} as integer) as iso_year,
    cast(extract(day from date_key) as integer) as day_of_month,
    cast({{ day_of_week('date_key') }} as integer) as day_of_week,
    {{ day_name('date_key') }} as day_name,
    cast(extract(doy from date_key) as integer) as day_of_year,
    {{ day_of_week('date_key') }} in (6, 7) as is_weekend,
    {{ first_day_of('week', 'date_key') }} as first_day_of_week,
    {{ first_day_of('month', 'date_key') }} as first_day_of_month,
    {{ first_day_of('quarter', 'date_key') }} as first_day_of_quarter,
    {{ first_day_of('year', 'date_key') }} as first_day_of_year
from days
