with

ends as (
    select * from {{ ref('int_visit_ends') }}
),

ends_between_entries as (
    select
        *,
        count(case when ends_visit then 1 end) over task_so_far as ends_so_far,
        count(case when mark = 'accept' then 1 end) over task_so_far as accepts_so_far
    from ends
    window task_so_far as (
        partition by task_sid, account_sid
        order by event_number rows between unbounded preceding and current row
    )
),

openings as (
    select
        account_sid,
        task_sid,
        event_number
    from (
        select
            *,
            lag(ends_so_far) over (
                partition by task_sid, account_sid order by event_number
            ) as ends_before
        from ends_between_entries
        where mark in ('transfer', 'entry')
    ) as entries_in_order
    where always_opens or is_first_entry or is_another_queue or ends_so_far > ends_before
)

select
    ends.account_sid,
    ends.task_sid,
    ends.event_number,
    ends.event_type,
    ends.mark,
    ends.reservation_sid,
    ends.ends_visit,
    openings.event_number is not null as opens_visit,
    ends.accepts_so_far - case when ends.mark = 'accept' then 1 else 0 end as accepts_before,
    count(openings.event_number) over (
        partition by ends.task_sid, ends.account_sid
        order by ends.event_number rows between unbounded preceding and current row
    ) as visit_number
from ends_between_entries as ends
left join openings
    on
        ends.account_sid = openings.account_sid
        and ends.task_sid = openings.task_sid
        and ends.event_number = openings.event_number
