-- depends_on: {{ ref('int_touched_keys') }}
with

slices as (
    select
        *,
        {{ local_time('started_at') }} as started_at_local,
        {{ local_time('ended_at') }} as ended_at_local
    from {{ ref('int_workload_slices') }}
),

segments as (
    select * from {{ ref('fct_segments') }}
)

select
    {{ surrogate_key(['slices.segment_key', milliseconds_since_epoch('slices.started_at')]) }}
        as workload_key,
    slices.segment_key,
    segments.account_sid,
    segments.agent_key,
    segments.activity_key,
    segments.queue_key,
    segments.customer_key,
    segments.handling_team_key,

    slices.workload_kind,
    slices.started_at,
    slices.ended_at,
    slices.started_at_local,
    slices.ended_at_local,
    cast(slices.started_at_local as date) as date_key,
    {{ minute_of_day(start_of_quarter_hour('slices.started_at_local')) }} as time_key,

    slices.workload_talk_time,
    slices.workload_wrap_up_time,
    slices.workload_activity_time,
    slices.parallel_conversations
from slices
inner join segments on slices.segment_key = segments.segment_key
