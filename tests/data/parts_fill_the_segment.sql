-- The parts of a segment add up to its length in seconds, both ends cut to the second: the wait of
-- a visit, the ringing of a refused offer, talk and wrap-up of a conversation, an activity. Where
-- clocks disagree so that the end lies before the start, length and parts are 0.
with

-- of the segments of tasks those that the last build touched
touched as (
    select
        segment_key,
        has_supplied_times
    from {{ ref('int_segments') }}
),

finished as (
    select
        segments.segment_key,
        segments.task_sid,
        segments.visit_outcome,
        segments.reservation_outcome,
        segments.queue_time,
        segments.ring_time,
        segments.activity_time,
        {{ seconds_between('segments.started_at', 'segments.ended_at') }} as length,
        segments.talk_time + segments.wrap_up_time as talk_and_wrap_up_time
    from {{ ref('fct_segments') }} as segments
    left join touched on segments.segment_key = touched.segment_key
    where
        (segments.task_sid is null or not touched.has_supplied_times)
        and segments.ended_at is not null
)

select * from finished
where
    (visit_outcome is not null and queue_time != length)
    or (visit_outcome != 'Answered' and queue_time is null)
    or (reservation_outcome != 'accepted' and ring_time != length)
    or (reservation_outcome = 'accepted' and talk_and_wrap_up_time != length)
    or (task_sid is null and activity_time is distinct from length)
