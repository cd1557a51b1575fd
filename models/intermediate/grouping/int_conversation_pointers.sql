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
            min(first_event_at) over (partition by group_sid, account_sid) as first_of_group_at
        from members
    ) as members_with_first
    group by account_sid, group_sid
),

group_pointers as (
    select
        group_ids.account_sid,
        'group ' || group_ids.group_sid as node,
        'task ' || leaders.task_sid as points_to,
        group_ids.own_id
    from group_ids
    left join {{ ref('int_group_leaders') }} as leaders
        on
            group_ids.account_sid = leaders.account_sid
            and group_ids.group_sid = leaders.group_sid
)

select * from explicit_pointers
union all
select * from group_pointers
