-- Where each explicit task and each group of tasks takes its conversation from: an id of its own,
-- or another task or group. Nodes are named by a task, explicit tasks by themselves.
with

tasks as (
    select * from {{ ref('int_task_links') }}
),

groups as (
    select * from {{ ref('int_task_groups') }}
),

nodes_of_tasks as (
    select
        tasks.account_sid,
        tasks.task_sid,
        coalesce('group ' || groups.group_sid, 'task ' || tasks.task_sid) as node
    from tasks
    left join groups
        on tasks.account_sid = groups.account_sid and tasks.task_sid = groups.task_sid
),

explicit_tasks as (
    select * from tasks where explicit_conversation_id is not null
),

-- under HIPAA the linking SIDs are hashed at load, so an explicit id is compared hashed as well
explicit_names as (
    select
        account_sid,
        task_sid,
        explicit_conversation_id as linking_sid
    from explicit_tasks
    union
    select
        account_sid,
        task_sid,
        {{ sha256_text("account_sid || ':' || explicit_conversation_id") }}
    from explicit_tasks
),

members as (
    select
        tasks.*,
        groups.group_sid
    from tasks
    inner join groups
        on tasks.account_sid = groups.account_sid and tasks.task_sid = groups.task_sid
),

-- an id that is a known task's SID means that task's conversation, any other is taken literally
explicit_pointers as (
    select
        explicit_tasks.account_sid,
        'task ' || explicit_tasks.task_sid as node,
        named.node as points_to,
        explicit_tasks.explicit_conversation_id as own_id
    from explicit_tasks
    left join nodes_of_tasks as named
        on
            explicit_tasks.account_sid = named.account_sid
            and explicit_tasks.explicit_conversation_id = named.task_sid
),

shared_links as (
    select
        members.account_sid,
        members.group_sid,
        explicit_tasks.task_sid
    from members
    inner join explicit_tasks
        on
            members.account_sid = explicit_tasks.account_sid
            and members.call_sid = explicit_tasks.call_sid
    union
    select
        members.account_sid,
        members.group_sid,
        explicit_tasks.task_sid
    from members
    inner join explicit_tasks
        on
            members.account_sid = explicit_tasks.account_sid
            and members.flex_interaction_sid = explicit_tasks.flex_interaction_sid
    union
    select
        members.account_sid,
        members.group_sid,
        explicit_tasks.task_sid
    from members
    inner join explicit_tasks
        on
            members.account_sid = explicit_tasks.account_sid
            and members.previous_task_sid = explicit_tasks.task_sid
    union
    select
        members.account_sid,
        members.group_sid,
        explicit_tasks.task_sid
    from members
    inner join explicit_tasks
        on
            members.account_sid = explicit_tasks.account_sid
            and members.task_sid = explicit_tasks.previous_task_sid
    union
    select
        members.account_sid,
        members.group_sid,
        explicit_names.task_sid
    from members
    inner join explicit_names
        on
            members.account_sid = explicit_names.account_sid
            and members.call_sid = explicit_names.linking_sid
    union
    select
        members.account_sid,
        members.group_sid,
        explicit_names.task_sid
    from members
    inner join explicit_names
        on
            members.account_sid = explicit_names.account_sid
            and members.flex_interaction_sid = explicit_names.linking_sid
),

-- explicit tasks that name a member follow the group, so the group cannot follow them
leading_candidates as (
    select
        shared_links.account_sid,
        shared_links.group_sid,
        shared_links.task_sid,
        row_number() over (
            partition by shared_links.account_sid, shared_links.group_sid
            order by explicit_tasks.first_event_at, shared_links.task_sid
        ) as candidate_number
    from shared_links
    inner join explicit_tasks
        on
            shared_links.account_sid = explicit_tasks.account_sid
            and shared_links.task_sid = explicit_tasks.task_sid
    left join members as named_member
        on
            shared_links.account_sid = named_member.account_sid
            and shared_links.group_sid = named_member.group_sid
            and explicit_tasks.explicit_conversation_id = named_member.task_sid
    where named_member.task_sid is null
),

-- without such a task the group's id is its interaction, else its first task
group_ids as (
    select
        account_sid,
        group_sid,
        coalesce(
            min(flex_interaction_sid),
            min(task_sid) filter (where first_event_at = first_of_group_at)
        ) as own_id
    from (
        select
            *,
            min(first_event_at) over (partition by account_sid, group_sid) as first_of_group_at
        from members
    ) as members_with_first
    group by account_sid, group_sid
),

group_pointers as (
    select
        group_ids.account_sid,
        'group ' || group_ids.group_sid as node,
        'task ' || leading_candidates.task_sid as points_to,
        group_ids.own_id
    from group_ids
    left join leading_candidates
        on
            group_ids.account_sid = leading_candidates.account_sid
            and group_ids.group_sid = leading_candidates.group_sid
            and leading_candidates.candidate_number = 1
)

select * from explicit_pointers
union all
select * from group_pointers
