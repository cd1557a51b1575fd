-- The stays in activities of each worker that this build touches, since the touched moment; those
-- included that only a later update tells of.
with

touched as (
    select * from {{ ref('int_touched_periods') }}
),

activity_events as (
    select
        worker_events.account_sid,
        worker_events.worker_sid,
        worker_events.workspace_sid,
        worker_events.event_sid,
        worker_events.event_type,
        worker_events.event_at,
        worker_events.worker_activity_name as activity,
        worker_events.worker_previous_activity_name as previous_activity,
        {{ add_milliseconds(
            'worker_events.event_at', '-worker_events.previous_activity_milliseconds'
        ) }} as previous_activity_at,
        worker_events.event_number,
        lag(worker_events.event_type) over worker_order as event_type_before,
        lag(worker_events.event_at) over worker_order as event_at_before,
        lag(worker_events.worker_activity_name) over worker_order as activity_before
    from {{ ref('int_worker_events') }} as worker_events
    inner join touched
        on
            worker_events.account_sid = touched.account_sid
            and worker_events.worker_sid = touched.worker_sid
    where worker_events.event_type in (
        'worker.created', 'worker.activity.update', 'worker.deleted'
    )
    window worker_order as (
        partition by worker_events.account_sid, worker_events.worker_sid
        order by worker_events.event_number
    )
),

-- Where an update tells of a stay that no event began: the one before the first known update, or
-- one whose own update was lost. It never reaches back beyond the event before.
told_of_earlier_stay as (
    select
        *,
        greatest(previous_activity_at, coalesce(event_at_before, previous_activity_at))
            as earlier_stay_started_at
    from activity_events
    where
        event_type = 'worker.activity.update'
        and previous_activity is not null
        and previous_activity_at < event_at
        and (
            event_type_before is null
            or event_type_before = 'worker.deleted'
            or (activity_before is not null and activity_before != previous_activity)
        )
),

begun_by_event as (
    select
        activity_events.account_sid,
        activity_events.worker_sid,
        activity_events.workspace_sid,
        activity_events.event_sid,
        false as is_reconstructed,
        coalesce(
            activity_events.activity, lead(activity_events.previous_activity) over worker_order
        ) as activity,
        activity_events.event_at as started_at,
        lead(coalesce(told.earlier_stay_started_at, activity_events.event_at)) over worker_order
            as ended_at,
        activity_events.event_type
    from activity_events
    left join told_of_earlier_stay as told
        on
            activity_events.account_sid = told.account_sid
            and activity_events.worker_sid = told.worker_sid
            and activity_events.event_number = told.event_number
    window worker_order as (
        partition by activity_events.account_sid, activity_events.worker_sid
        order by activity_events.event_number
    )
),

reconstructed as (
    select
        account_sid,
        worker_sid,
        workspace_sid,
        event_sid,
        true as is_reconstructed,
        previous_activity as activity,
        earlier_stay_started_at as started_at,
        event_at as ended_at
    from told_of_earlier_stay
    where earlier_stay_started_at < event_at
),

stays as (
    select
        account_sid,
        worker_sid,
        workspace_sid,
        event_sid,
        is_reconstructed,
        activity,
        started_at,
        ended_at
    from begun_by_event
    where event_type != 'worker.deleted'
    union all
    select * from reconstructed
)

select stays.*
from stays
inner join touched
    on stays.account_sid = touched.account_sid and stays.worker_sid = touched.worker_sid
where touched.touched_from is null or stays.started_at >= touched.touched_from
