-- The customer of each conversation: the first found, over its segments in order, at the best
-- step of the precedence that any of them reaches; failing all, the conversation itself.
with

candidates as (
    select
        segments.account_sid,
        segments.conversation_key,
        segments.conversation_id,
        customers.customer_id,
        coalesce(customers.id_step, 5) as id_step,
        row_number() over (
            partition by segments.conversation_key
            order by coalesce(customers.id_step, 5), segments.position_in_conversation
        ) as choice
    from {{ ref('int_conversation_segments') }} as segments
    inner join {{ ref('int_segment_customers') }} as customers
        on segments.segment_key = customers.segment_key
)

select
    account_sid,
    conversation_key,
    coalesce(customer_id, conversation_id) as customer_id,
    id_step = 5 as is_known_only_by_conversation,
    {{ surrogate_key(['account_sid', 'coalesce(customer_id, conversation_id)']) }} as customer_key
from candidates
where choice = 1
