-- The conversations of agents, cut at every quarter of an hour. Computed times are cut, so that the
-- slices of a segment add up to it.
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

quarter_hours as (
    select
        *,
        {{ quarter_hours_between(
            start_of_quarter_hour('started_at'),
            start_of_quarter_hour(add_milliseconds('ended_at', '-1000'))
        ) }} as quarter_hour
    from conversations
),

slices as (
    select
        segment_key,
        talk_ended_at,
        greatest(started_at, quarter_hour) as slice_started_at,
        least(ended_at, {{ add_milliseconds('quarter_hour', '900000') }}) as slice_ended_at
    from quarter_hours
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
