-- The workers that a new load tells of, or that took part in a task which is built again.
with

copies as (
    select * from {{ ref('stg_event_copies') }}
    where worker_sid is not null
),

new_events as (
    select distinct
        account_sid,
        event_sid,
        event_type
    from {{ ref('stg_event_copies') }}
    where load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
)

select
    copies.account_sid,
    copies.worker_sid
from copies
inner join new_events
    on
        copies.account_sid = new_events.account_sid
        and copies.event_sid = new_events.event_sid
        and copies.event_type = new_events.event_type
union
select
    copies.account_sid,
    copies.worker_sid
from copies
inner join {{ ref('int_scope_tasks') }} as scope
    on copies.account_sid = scope.account_sid and copies.task_sid = scope.task_sid
where scope.is_rebuilt
