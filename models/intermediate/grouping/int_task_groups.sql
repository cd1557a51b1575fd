-- Which tasks without an explicit conversation id belong together: connected, in any number of
-- steps, by an equal call_sid, an equal flexInteractionSid, or previous_task_sid naming the
-- other.
with

tasks as (
    select
        *,
        {{ number_in_order(['account_sid', 'task_sid']) }} as node
    from {{ ref('int_task_links') }}
    where explicit_conversation_id is null
),

same_call as (
    select
        node as from_node,
        min(node) over (partition by call_sid, account_sid) as to_node
    from tasks
    where call_sid is not null
),

same_interaction as (
    select
        node as from_node,
        min(node) over (partition by flex_interaction_sid, account_sid) as to_node
    from tasks
    where flex_interaction_sid is not null
),

previous_task as (
    select
        tasks.node as from_node,
        previous.node as to_node
    from tasks
    inner join tasks as previous
        on
            tasks.account_sid = previous.account_sid
            and tasks.previous_task_sid = previous.task_sid
),

edges as ( -- noqa: ST03
    select * from same_call where from_node != to_node
    union
    select * from same_interaction where from_node != to_node
    union
    select * from previous_task where from_node != to_node
),

components as (
    {{ connected_components('edges') }} -- noqa: PRS
)

select
    tasks.account_sid,
    tasks.task_sid,
    coalesce(first_of_group.task_sid, tasks.task_sid) as group_sid
from tasks
left join components on tasks.node = components.node
left join tasks as first_of_group on components.component = first_of_group.node
