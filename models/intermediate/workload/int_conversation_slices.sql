with

conversations as (
    select
        segment_key,
        {{ cut_to_second('started_at') }} as started_at,
        {{ add_milliseconds(cut_to_second('started_at'), 'computed_talk_time * 1000') }}
            as talk_ended_at,
        {{ add_milliseconds(
            cut_to_second('started_at'), '(computed_talk_time + computed_wrap_up_time) * 1000'
        ) }} as ended_at
    from {{ ref('int_segments') }}
    where is_agent_conversation and computed_talk_time + computed_wrap_up_time > 0
),

cuts as (
    select
        *,
        {{ slice_cuts('started_at', add_milliseconds('ended_at', '-1000')) }} as cut_at
    from conversations
),

slices as (
    select
        segment_key,
        talk_ended_at,
        greatest(started_at, cut_at) as slice_started_at,
        coalesce(
            lead(cut_at) over (partition by segment_key order by cut_at), ended_at
        ) as slice_ended_at
    from cuts
)

select
    segment_key,
    slice_started_at as started_at,
    slice_ended_at as ended_at,
    {{ seconds_between('slice_started_at', 'least(slice_ended_at, talk_ended_at)') }}
        as workload_talk_time,
    {{ seconds_between('greatest(slice_started_at, talk_ended_at)', 'slice_ended_at') }}
        as workload_wrap_up_time
from slices
