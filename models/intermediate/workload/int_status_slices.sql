-- The finished stays of agents in activities, cut at every quarter of an hour and wherever an
-- accepted reservation of the agent begins or ends, with the reservations that run in each slice.
with

-- numbers are sorted much faster than SIDs and keys
stays as (
    select
        segment_key,
        account_sid,
        worker_sid,
        dense_rank() over (order by account_sid, worker_sid) as agent_number,
        row_number() over (order by segment_key) as stay_number,
        {{ cut_to_second('started_at') }} as started_at,
        {{ cut_to_second('ended_at') }} as ended_at
    from {{ ref('int_agent_status_segments') }}
    where activity_time > 0
),

agents as (
    select
        account_sid,
        worker_sid,
        agent_number,
        min(started_at) as first_stay_at
    from stays
    group by account_sid, worker_sid, agent_number
),

-- what has ended before the stays begin makes no difference to them
reservations as (
    select
        agents.agent_number,
        reservations.accepted_at,
        reservations.ended_at
    from {{ ref('int_agent_reservations') }} as reservations
    inner join agents
        on
            reservations.account_sid = agents.account_sid
            and reservations.worker_sid = agents.worker_sid
    where reservations.ended_at is null or reservations.ended_at >= agents.first_stay_at
),

quarter_hours as (
    select
        agent_number,
        started_at,
        {{ quarter_hours_between(start_of_quarter_hour('started_at'), 'ended_at') }}
            as quarter_hour
    from stays
),

cuts as (
    select
        agent_number,
        started_at as cut_at,
        stay_number as begun_stay_number,
        0 as change_of_parallel
    from stays
    union all
    select
        agent_number,
        ended_at,
        null,
        0
    from stays
    union all
    select
        agent_number,
        quarter_hour,
        null,
        0
    from quarter_hours
    where quarter_hour > started_at
    union all
    select
        agent_number,
        accepted_at,
        null,
        1
    from reservations
    where ended_at is null or ended_at > accepted_at
    union all
    select
        agent_number,
        ended_at,
        null,
        -1
    from reservations
    where ended_at > accepted_at
),

moments as (
    select
        agent_number,
        cut_at,
        max(begun_stay_number) as begun_stay_number,
        sum(change_of_parallel) as change_of_parallel
    from cuts
    group by agent_number, cut_at
),

slices as (
    select
        cut_at as started_at,
        lead(cut_at) over (partition by agent_number order by cut_at) as ended_at,
        {{ last_non_empty('begun_stay_number', 'agent_number', 'cut_at') }} as stay_number,
        sum(change_of_parallel) over (
            partition by agent_number
            order by cut_at rows between unbounded preceding and current row
        ) as parallel_conversations
    from moments
)

select
    stays.segment_key,
    slices.started_at,
    slices.ended_at,
    {{ seconds_between('slices.started_at', 'slices.ended_at') }} as workload_activity_time,
    cast(slices.parallel_conversations as bigint) as parallel_conversations
from slices
inner join stays on slices.stay_number = stays.stay_number
where slices.started_at < stays.ended_at
