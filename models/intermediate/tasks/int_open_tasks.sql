-- The tasks that still wait: an open visit to a queue or a pending offer, and no end yet.
with

last_visits as (
    select
        account_sid,
        task_sid,
        max_by(ended_number is null, visit_number) as is_open
    from {{ ref('int_queue_visits') }}
    group by account_sid, task_sid
),

offers as (
    select
        account_sid,
        task_sid,
        bool_or(reservation_state = 'pending') as has_pending_offer
    from {{ ref('int_reservations') }}
    group by account_sid, task_sid
)

select
    tasks.account_sid,
    tasks.task_sid
from {{ ref('int_tasks') }} as tasks
left join last_visits
    on tasks.account_sid = last_visits.account_sid and tasks.task_sid = last_visits.task_sid
left join offers
    on tasks.account_sid = offers.account_sid and tasks.task_sid = offers.task_sid
where
    not tasks.has_ended
    and (
        coalesce(last_visits.is_open, offers.task_sid is null)
        or coalesce(offers.has_pending_offer, false)
    )
