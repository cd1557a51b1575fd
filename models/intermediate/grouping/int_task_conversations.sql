-- The conversation of every task, and the one that it had in the build before. Following the
-- pointers, a node ends at one that has an id of its own or goes round in a circle, whose
-- conversation is the smallest explicit id in it.
with

pointers as (
    select
        *,
        {{ number_in_order(['account_sid', 'node']) }} as number
    from {{ ref('int_conversation_pointers') }}
),

numbered as (
    select
        pointers.*,
        targets.number as target_number
    from pointers
    left join pointers as targets
        on pointers.account_sid = targets.account_sid and pointers.points_to = targets.node
),

edges as ( -- noqa: ST03
    select
        number as from_node,
        target_number as to_node
    from numbered
    where target_number is not null
),

components as (
    {{ connected_components('edges') }} -- noqa: PRS
),

placed as (
    select
        numbered.*,
        coalesce(components.component, numbered.number) as component
    from numbered
    left join components on numbered.number = components.node
),

-- a component has one node that points nowhere, or else one circle
ids_at_the_end as (
    select
        component,
        min(own_id) as conversation_id
    from placed
    where points_to is null
    group by component
),

endless as (
    select
        placed.number,
        placed.target_number,
        placed.component,
        placed.own_id,
        placed.node
    from placed
    left join ids_at_the_end on placed.component = ids_at_the_end.component
    where ids_at_the_end.component is null
),

in_circles as (
    {{ nodes_in_circles('endless') }}
),

ids_of_circles as (
    select
        endless.component,
        min(endless.own_id) as conversation_id
    from endless
    inner join in_circles on endless.number = in_circles.number
    where endless.node like 'task %'
    group by endless.component
),

conversations_of_nodes as (
    select
        placed.account_sid,
        placed.node,
        coalesce(ids_at_the_end.conversation_id, ids_of_circles.conversation_id)
            as conversation_id
    from placed
    left join ids_at_the_end on placed.component = ids_at_the_end.component
    left join ids_of_circles on placed.component = ids_of_circles.component
)

select
    tasks.account_sid,
    tasks.task_sid,
    conversations.conversation_id,
    {{ surrogate_key(['tasks.account_sid', 'conversations.conversation_id']) }}
        as conversation_key,
    {% if is_incremental() -%}
        previous.conversation_key
    {%- else -%}
        cast(null as {{ text_type() }})
    {%- endif %} as previous_conversation_key,
    tasks.previous_task_sid,
    {% if is_incremental() -%}
        previous.previous_task_sid
    {%- else -%}
        cast(null as {{ text_type() }})
    {%- endif %} as former_previous_task_sid
from {{ ref('int_task_links') }} as tasks
{% if is_incremental() -%}
    left join {{ this }} as previous
        on tasks.account_sid = previous.account_sid and tasks.task_sid = previous.task_sid
{% endif -%}
left join {{ ref('int_task_groups') }} as groups
    on tasks.account_sid = groups.account_sid and tasks.task_sid = groups.task_sid
inner join conversations_of_nodes as conversations
    on
        tasks.account_sid = conversations.account_sid
        and coalesce('group ' || groups.group_sid, 'task ' || tasks.task_sid) = conversations.node
