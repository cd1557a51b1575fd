with

tasks as (
    select
        conversations.*,
        touched.task_sid is not null as is_touched
    from {{ ref('int_task_conversations') }} as conversations
    left join {{ ref('int_touched_tasks') }} as touched
        on
            conversations.account_sid = touched.account_sid
            and conversations.task_sid = touched.task_sid
),

changed as (
    select * from tasks
    where is_touched or conversation_key is distinct from previous_conversation_key
)

select conversation_key as touched_key from changed
union
select previous_conversation_key from changed
where previous_conversation_key is not null
