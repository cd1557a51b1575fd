-- A slice is as long as its times say, ends with its quarter of an hour (of what lasts more than 31
-- days with its day, of 25 hours at most), lies within its segment and has its keys.
with

slices as (
    select
        *,
        {{ seconds_between('started_at', 'ended_at') }} as length,
        900 - 60 * (minute(started_at_local) % 15) - second(started_at_local)
            as left_of_quarter_hour,
        coalesce(workload_talk_time, 0)
        + coalesce(workload_wrap_up_time, 0)
        + coalesce(workload_activity_time, 0) as parts
    from {{ ref('fct_workload') }}
),

segments as (
    select * from {{ ref('fct_segments') }}
)

select slices.workload_key
from slices
inner join segments on slices.segment_key = segments.segment_key
where
    slices.length != slices.parts
    or slices.length > case
        when {{ seconds_between('segments.started_at', 'segments.ended_at') }} > 31 * 86400 then 90000
        else slices.left_of_quarter_hour
    end
    or slices.started_at < {{ cut_to_second('segments.started_at') }}
    or slices.ended_at > segments.ended_at
    or slices.account_sid != segments.account_sid
    or slices.agent_key is distinct from segments.agent_key
    or slices.activity_key is distinct from segments.activity_key
    or slices.queue_key is distinct from segments.queue_key
    or slices.customer_key is distinct from segments.customer_key
    or slices.handling_team_key is distinct from segments.handling_team_key
