-- The finished stays of agents in activities, cut at every quarter of an hour and wherever an
-- accepted reservation of the agent begins or ends, with the reservations that run in each slice.
with

stays as (
    select
        segment_key,
        account_sid,
        worker_sid,
        {{ cut_to_second('started_at') }} as started_at,
        {{ cut_to_second('ended_at') }} as ended_at
    from {{ ref('int_agent_status_segments') }}
    where activity_time > 0
),

first_stays as (
    select
        account_sid,
        worker_sid,
        min(started_at) as first_stay_at
    from stays
    group by account_sid, worker_sid
),

-- what has ended before the stays begin makes no difference to them
reservations as (
    select reservations.*
    from {{ ref('int_agent_reservations') }} as reservations
    inner join first_stays as workers
        on
            reservations.account_sid = workers.account_sid
            and reservations.worker_sid = workers.worker_sid
    where reservations.ended_at is null or reservations.ended_at >= workers.first_stay_at
),

quarter_hours as (
    select
        account_sid,
        worker_sid,
        started_at,
        {{ quarter_hours_between(start_of_quarter_hour('started_at'), 'ended_at') }}
            as quarter_hour
    from stays
),

cuts as (
    select
        account_sid,
        worker_sid,
        started_at as cut_at,
        segment_key as begun_segment_key,
        0 as change_of_parallel
    from stays
    union all
    select
        account_sid,
        worker_sid,
        ended_at,
        null,
        0
    from stays
    union all
    select
        account_sid,
        worker_sid,
        quarter_hour,
        null,
        0
    from quarter_hours
    where quarter_hour > started_at
    union all
    select
        account_sid,
        worker_sid,
        accepted_at,
        null,
        1
    from reservations
    where ended_at is null or ended_at > accepted_at
    union all
    select
        account_sid,
        worker_sid,
        ended_at,
        null,
        -1
    from reservations
    where ended_at > accepted_at
),

moments as (
    select
        account_sid,
        worker_sid,
        cut_at,
        max(begun_segment_key) as begun_segment_key,
        sum(change_of_parallel) as change_of_parallel
    from cuts
    group by account_sid, worker_sid, cut_at
),

slices as (
    select
        account_sid,
        worker_sid,
        cut_at as started_at,
        lead(cut_at) over (partition by account_sid, worker_sid order by cut_at) as ended_at,
        {{ last_non_empty('begun_segment_key', 'account_sid, worker_sid', 'cut_at') }}
            as segment_key,
        sum(change_of_parallel) over (
            partition by account_sid, worker_sid
            order by cut_at rows between unbounded preceding and current row
        ) as parallel_conversations
    from moments
)

select
    slices.segment_key,
    slices.started_at,
    slices.ended_at,
    {{ seconds_between('slices.started_at', 'slices.ended_at') }} as activity_time,
    cast(slices.parallel_conversations as bigint) as parallel_conversations
from slices
inner join stays on slices.segment_key = stays.segment_key
where slices.started_at < stays.ended_at
