with

with_next as (
    select
        conversations.conversation_key,
        conversations.direction,
        conversations.is_handled,
        conversations.started_at,
        conversations.is_known_only_by_conversation
        or coalesce(customers.type = 'Agent', false) as is_excepted,
        lead(conversations.started_at) over (
            partition by conversations.customer_key, conversations.direction
            order by conversations.started_at, conversations.conversation_key
        ) as next_started_at
    from {{ ref('int_conversations') }} as conversations
    inner join {{ ref('int_customers') }} as customers
        on conversations.customer_key = customers.customer_key
)

select
    conversation_key,
    case
        when not is_excepted
            then coalesce(
                is_handled
                and direction = 'Inbound'
                and next_started_at
                <= {{ add_milliseconds('started_at', var('repeat_contact_days') ~ ' * 86400000') }},
                false
            )
    end as is_followed_by_repeat
from with_next
