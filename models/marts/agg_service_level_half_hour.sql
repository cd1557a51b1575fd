with

waits as (
    select
        *,
        cast(time_key - time_key % 30 as integer) as half_hour_key
    from {{ ref('fct_segments') }}
    where kind = 'Queue'
)

select
    account_sid,
    queue_key,
    channel,
    date_key,
    half_hour_key as time_key,
    count(*) as offered,
    count(*) filter (where visit_outcome = 'Answered') as answered,
    count(*) filter (where visit_outcome = 'Abandoned') as abandoned,
    count(*) filter (where visit_outcome = 'Abandoned' and queue_time <= short_abandoned_threshold)
        as short_abandoned,
    count(*) filter (where is_subject_to_sla) as subject_to_sla,
    count(*) filter (where is_subject_to_sla and is_within_sla) as within_sla
from waits
group by account_sid, queue_key, channel, date_key, half_hour_key
