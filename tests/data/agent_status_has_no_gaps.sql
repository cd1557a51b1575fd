-- The stays of a worker follow one another without overlap, and without gap while the worker exists
-- (who was deleted may have come back later).
with

stays as (
    select
        segments.segment_key,
        segments.started_at,
        segments.ended_at,
        agents.date_left is not null as has_left,
        row_number() over worker_order as place,
        lag(segments.ended_at) over worker_order as previous_end
    from {{ ref('fct_segments') }} as segments
    inner join {{ ref('dim_agents') }} as agents on segments.agent_key = agents.agent_key
    where segments.task_sid is null
    window worker_order as (
        partition by segments.agent_key
        order by segments.started_at, segments.ended_at nulls last, segments.segment_key
    )
)

select * from stays
where
    ended_at < started_at
    or (place > 1 and previous_end is null)
    or previous_end > started_at
    or (previous_end < started_at and not has_left)
