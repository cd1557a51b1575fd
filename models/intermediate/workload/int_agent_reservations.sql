-- depends_on: {{ ref('int_touched_keys') }}
with

rebuilt_tasks as (
    select
        account_sid,
        task_sid,
        {{ task_key() }} as task_key
    from {{ ref('int_scope_tasks') }}
    where is_rebuilt
)

select
    accepted.account_sid,
    accepted.worker_sid,
    accepted.reservation_sid,
    rebuilt_tasks.task_key,
    {{ cut_to_second('accepted.accepted_at') }} as accepted_at,
    {{ cut_to_second('accepted.ended_at') }} as ended_at
from {{ ref('int_accepted_reservations') }} as accepted
inner join rebuilt_tasks
    on
        accepted.account_sid = rebuilt_tasks.account_sid
        and accepted.task_sid = rebuilt_tasks.task_sid
where accepted.worker_sid is not null
