-- dim_dates runs from the first to the last day of the facts without leaving out a day.
with

days as (
    select
        date_key,
        lag(date_key) over (order by date_key) as previous_day
    from {{ ref('dim_dates') }}
),

days_of_facts as (
    select date_key from {{ ref('fct_segments') }}
    union all
    select date_key from {{ ref('fct_workload') }}
),

span_of_calendar as (
    select
        min(date_key) as first_day,
        max(date_key) as last_day
    from days
),

span_of_facts as (
    select
        min(date_key) as first_day,
        max(date_key) as last_day
    from days_of_facts
)

select calendar.first_day as day
from span_of_calendar as calendar
inner join span_of_facts as facts
    on
        calendar.first_day is distinct from facts.first_day
        or calendar.last_day is distinct from facts.last_day
union all
select date_key as day
from days
where date_key != previous_day + interval '1' day
