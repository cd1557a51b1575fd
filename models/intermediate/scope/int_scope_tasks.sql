with

conversations as (
    select * from {{ ref('int_task_conversations') }}
),

-- the links of the previous build count too: what they showed has to go
links as (
    select
        account_sid,
        task_sid,
        previous_task_sid
    from conversations
    where previous_task_sid is not null
    union
    select
        account_sid,
        task_sid,
        former_previous_task_sid
    from conversations
    where former_previous_task_sid is not null
),

neighbours as (
    select
        account_sid,
        task_sid,
        previous_task_sid as neighbour_sid
    from links
    union
    select
        account_sid,
        previous_task_sid,
        task_sid
    from links
),

touched_conversations as (
    select touched_key as conversation_key from {{ ref('int_touched_conversations') }}
),

touched_tasks as (
    select
        conversations.account_sid,
        conversations.task_sid
    from conversations
    inner join touched_conversations
        on conversations.conversation_key = touched_conversations.conversation_key
),

-- values of a task can show on the rows of its neighbours, and so in their conversations
conversations_of_neighbours as (
    select conversations.conversation_key
    from touched_tasks
    inner join neighbours
        on
            touched_tasks.account_sid = neighbours.account_sid
            and touched_tasks.task_sid = neighbours.task_sid
    inner join conversations
        on
            neighbours.account_sid = conversations.account_sid
            and neighbours.neighbour_sid = conversations.task_sid
),

rebuilt_conversations as (
    select conversation_key from touched_conversations
    union
    select conversation_key from conversations_of_neighbours
),

rebuilt_tasks as (
    select
        conversations.account_sid,
        conversations.task_sid,
        conversations.conversation_key
    from conversations
    inner join rebuilt_conversations
        on conversations.conversation_key = rebuilt_conversations.conversation_key
),

looked_at as (
    select distinct
        neighbours.account_sid,
        neighbours.neighbour_sid as task_sid
    from rebuilt_tasks
    inner join neighbours
        on
            rebuilt_tasks.account_sid = neighbours.account_sid
            and rebuilt_tasks.task_sid = neighbours.task_sid
    left join rebuilt_tasks as others
        on
            neighbours.account_sid = others.account_sid
            and neighbours.neighbour_sid = others.task_sid
    where others.task_sid is null
)

select
    account_sid,
    task_sid,
    conversation_key,
    true as is_rebuilt
from rebuilt_tasks
union all
select
    account_sid,
    task_sid,
    null,
    false
from looked_at
