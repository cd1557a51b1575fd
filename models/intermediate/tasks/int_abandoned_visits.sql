with

visits_in_order as (
    select
        *,
        opened_by = 'task.transfer-initiated'
        or (lag(ended_number) over task_order is distinct from opened_number)
            as begins_a_wait
    from {{ ref('int_queue_visits') }}
    window task_order as (partition by task_sid, account_sid order by visit_number)
),

waits as (
    select
        *,
        sum(case when begins_a_wait then 1 else 0 end) over (
            partition by task_sid, account_sid
            order by visit_number rows between unbounded preceding and current row
        ) as wait_number
    from visits_in_order
),

-- an overflow to another queue continues the wait that a transfer began
visits_with_transfer_mode as (
    select
        *,
        max(transfer_mode) over (
            partition by task_sid, account_sid, wait_number
        ) as mode_of_transfer
    from waits
),

unanswered_visits as (
    select
        visits.*,
        tasks.has_finished,
        links.previous_task_sid
    from visits_with_transfer_mode as visits
    inner join {{ ref('int_tasks') }} as tasks
        on visits.account_sid = tasks.account_sid and visits.task_sid = tasks.task_sid
    inner join {{ ref('int_task_links') }} as links
        on visits.account_sid = links.account_sid and visits.task_sid = links.task_sid
    where visits.ended_number is not null and visits.answered_by_reservation_sid is null
),

-- a completed task does not count, unless a cold transfer had left the customer waiting
ended_by_giving_up as (
    select * from unanswered_visits
    where
        ended_by in ('task.canceled', 'task.transfer-failed', 'task.transfer-canceled')
        or (ended_by in ('task.deleted', 'task.system-deleted') and not has_finished)
        or (ended_by = 'task.completed' and lower(mode_of_transfer) = 'cold')
),

accepted as (
    select * from {{ ref('int_accepted_reservations') }}
),

talking_or_accepted_later as (
    select
        visits.account_sid,
        visits.task_sid,
        visits.visit_number
    from ended_by_giving_up as visits
    inner join accepted
        on visits.account_sid = accepted.account_sid and visits.task_sid = accepted.task_sid
    where
        accepted.accepted_number > visits.ended_number
        or accepted.talk_end_number is null
        or accepted.talk_end_number > visits.ended_number
    union
    select
        visits.account_sid,
        visits.task_sid,
        visits.visit_number
    from ended_by_giving_up as visits
    inner join accepted
        on
            visits.account_sid = accepted.account_sid
            and visits.previous_task_sid = accepted.task_sid
    where
        accepted.accepted_at <= visits.ended_at
        and (accepted.talk_ended_at is null or accepted.talk_ended_at > visits.ended_at)
)

select
    visits.account_sid,
    visits.task_sid,
    visits.visit_number
from ended_by_giving_up as visits
left join talking_or_accepted_later as others
    on
        visits.account_sid = others.account_sid
        and visits.task_sid = others.task_sid
        and visits.visit_number = others.visit_number
where others.task_sid is null
