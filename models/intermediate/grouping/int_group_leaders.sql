-- Whose conversation a group of tasks takes: that of the earliest explicit task that shares a link
-- with one of its members. Explicit tasks that name a member follow the group themselves.
with

explicit_tasks as (
    select * from {{ ref('int_task_links') }}
    where explicit_conversation_id is not null
),

members as (
    select
        tasks.*,
        groups.group_sid
    from {{ ref('int_task_links') }} as tasks
    inner join {{ ref('int_task_groups') }} as groups
        on tasks.account_sid = groups.account_sid and tasks.task_sid = groups.task_sid
),

links_of_members as (
    select
        account_sid,
        group_sid,
        'call ' || call_sid as link
    from members
    union all
    select
        account_sid,
        group_sid,
        'interaction ' || flex_interaction_sid
    from members
    union all
    select
        account_sid,
        group_sid,
        'member follows ' || previous_task_sid
    from members
    union all
    select
        account_sid,
        group_sid,
        'member leads ' || task_sid
    from members
    union all
    select
        account_sid,
        group_sid,
        'named ' || call_sid
    from members
    union all
    select
        account_sid,
        group_sid,
        'named ' || flex_interaction_sid
    from members
),

-- under HIPAA the linking SIDs are hashed at load, so an explicit id is compared hashed as well
links_of_explicit_tasks as (
    select
        account_sid,
        task_sid,
        'call ' || call_sid as link
    from explicit_tasks
    union all
    select
        account_sid,
        task_sid,
        'interaction ' || flex_interaction_sid
    from explicit_tasks
    union all
    select
        account_sid,
        task_sid,
        'member follows ' || task_sid
    from explicit_tasks
    union all
    select
        account_sid,
        task_sid,
        'member leads ' || previous_task_sid
    from explicit_tasks
    union all
    select
        account_sid,
        task_sid,
        'named ' || explicit_conversation_id
    from explicit_tasks
    union all
    select
        account_sid,
        task_sid,
        'named ' || {{ sha256_text("account_sid || ':' || explicit_conversation_id") }}
    from explicit_tasks
),

candidates as (
    select distinct
        members.account_sid,
        members.group_sid,
        explicit_tasks.task_sid,
        explicit_tasks.first_event_at,
        explicit_tasks.explicit_conversation_id
    from links_of_members as members
    inner join links_of_explicit_tasks as links
        on members.account_sid = links.account_sid and members.link = links.link
    inner join explicit_tasks
        on
            links.account_sid = explicit_tasks.account_sid
            and links.task_sid = explicit_tasks.task_sid
),

ranked as (
    select
        candidates.account_sid,
        candidates.group_sid,
        candidates.task_sid,
        row_number() over (
            partition by candidates.account_sid, candidates.group_sid
            order by candidates.first_event_at, candidates.task_sid
        ) as candidate_number
    from candidates
    left join members as named_member
        on
            candidates.account_sid = named_member.account_sid
            and candidates.group_sid = named_member.group_sid
            and candidates.explicit_conversation_id = named_member.task_sid
    where named_member.task_sid is null
)

select
    account_sid,
    group_sid,
    task_sid
from ranked
where candidate_number = 1
