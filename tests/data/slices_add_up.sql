-- The slices of a segment add up to its computed times; a segment without slices has none to share.
with

sliced_segments as (
    select
        segment_key,
        computed_talk_time as talk_time,
        computed_wrap_up_time as wrap_up_time,
        cast(null as bigint) as activity_time
    from {{ ref('int_segments') }}
    where is_agent_conversation
    union all
    select
        segment_key,
        null as talk_time,
        null as wrap_up_time,
        activity_time
    from {{ ref('fct_segments') }}
    where task_sid is null
),

sums as (
    select
        segment_key,
        sum(workload_talk_time) as talk_time,
        sum(workload_wrap_up_time) as wrap_up_time,
        sum(workload_activity_time) as activity_time
    from {{ ref('fct_workload') }}
    group by segment_key
)

select
    segments.segment_key,
    segments.talk_time,
    segments.wrap_up_time,
    segments.activity_time,
    sums.talk_time as sum_of_talk_time,
    sums.wrap_up_time as sum_of_wrap_up_time,
    sums.activity_time as sum_of_activity_time
from sliced_segments as segments
left join sums on segments.segment_key = sums.segment_key
where
    coalesce(segments.talk_time, 0) != coalesce(sums.talk_time, 0)
    or coalesce(segments.wrap_up_time, 0) != coalesce(sums.wrap_up_time, 0)
    or coalesce(segments.activity_time, 0) != coalesce(sums.activity_time, 0)
