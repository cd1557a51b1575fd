-- Every segment of a conversation has its row in fct_conversations with the same account, id and
-- customer, and every row there has a segment.
with

segments as (
    select distinct
        conversation_key,
        account_sid,
        conversation_id,
        customer_key
    from {{ ref('fct_segments') }}
    where conversation_key is not null
),

conversations as (
    select * from {{ ref('fct_conversations') }}
)

select
    segments.conversation_key as key_of_segments,
    conversations.conversation_key as key_of_conversation
from segments
full outer join conversations
    on
        segments.conversation_key = conversations.conversation_key
        and segments.account_sid = conversations.account_sid
        and segments.conversation_id = conversations.conversation_id
        and segments.customer_key = conversations.customer_key
where segments.conversation_key is null or conversations.conversation_key is null
