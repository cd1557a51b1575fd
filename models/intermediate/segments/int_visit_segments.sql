-- The rows of ended queue visits: Queue, and Conversation without an agent where nobody answered.
with

visits as (
    select
        *,
        row_number() over (
            partition by task_sid, account_sid, started_at order by visit_number
        ) as visit_of_start,
        sum(computed_queue_time) over (
            partition by task_sid, account_sid, accepts_before
            order by visit_number rows between unbounded preceding and current row
        ) as total_queue_time
    from {{ ref('int_queue_visits') }}
),

last_ended_visits as (
    select
        account_sid,
        task_sid,
        max(visit_number) as visit_number
    from {{ ref('int_queue_visits') }}
    where ended_number is not null
    group by account_sid, task_sid
),

tasks_with_accept as (
    select distinct
        account_sid,
        task_sid
    from {{ ref('int_reservations') }}
    where reservation_state in ('accepted', 'corrupted')
),

ended_visits as (
    select
        visits.*,
        last_ended_visits.visit_number as last_ended_visit_number,
        abandoned.visit_number is not null as is_abandoned_visit,
        -- the last visit, if unanswered, of a task that ended without any accept
        visits.answered_by_reservation_sid is null
        and visits.visit_number = last_ended_visits.visit_number
        and tasks.has_ended
        and tasks_with_accept.task_sid is null as is_never_answered
    from visits
    inner join {{ ref('int_tasks') }} as tasks
        on visits.account_sid = tasks.account_sid and visits.task_sid = tasks.task_sid
    inner join last_ended_visits
        on
            visits.account_sid = last_ended_visits.account_sid
            and visits.task_sid = last_ended_visits.task_sid
    left join {{ ref('int_abandoned_visits') }} as abandoned
        on
            visits.account_sid = abandoned.account_sid
            and visits.task_sid = abandoned.task_sid
            and visits.visit_number = abandoned.visit_number
    left join tasks_with_accept
        on
            visits.account_sid = tasks_with_accept.account_sid
            and visits.task_sid = tasks_with_accept.task_sid
    where visits.ended_number is not null
),

queue_rows as (
    select
        {{ surrogate_key([
            "'queue'", 'account_sid', 'task_sid', milliseconds_since_epoch('started_at'),
            'nullif(visit_of_start, 1)'
        ]) }} as segment_key,
        account_sid,
        task_sid,
        visit_number,
        'Queue' as derived_kind,
        ended_number as attributes_at_number,
        visit_number = last_ended_visit_number as has_task_outcome,
        is_abandoned_visit,
        answered_by_reservation_sid,
        ended_by,
        started_at,
        ended_at,
        ended_at < started_at as has_clock_skew,
        computed_queue_time,
        cast(null as bigint) as total_queue_time
    from ended_visits
),

agentless_rows as (
    select
        {{ surrogate_key([
            "'no agent'", 'account_sid', 'task_sid',
            milliseconds_since_epoch('ended_visits.started_at'), 'nullif(visit_of_start, 1)'
        ]) }} as segment_key,
        account_sid,
        task_sid,
        visit_number,
        'Conversation' as derived_kind,
        ended_number as attributes_at_number,
        true as has_task_outcome,
        is_abandoned_visit,
        answered_by_reservation_sid,
        ended_by,
        ended_at as started_at,
        ended_at,
        ended_visits.ended_at < ended_visits.started_at as has_clock_skew,
        computed_queue_time,
        cast(total_queue_time as bigint) as total_queue_time
    from ended_visits
    where answered_by_reservation_sid is null and (is_abandoned_visit or is_never_answered)
)

select * from queue_rows
union all
select * from agentless_rows
