-- Every customer has a conversation, and the customer's conversations are counted and dated.
with

customers as (
    select * from {{ ref('dim_customers') }}
),

expected as (
    select
        customer_key,
        count(distinct conversation_key) as conversations,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at
    from {{ ref('fct_segments') }}
    where customer_key is not null
    group by customer_key
)

select
    customers.customer_key,
    customers.conversations,
    expected.conversations as counted_conversations
from customers
left join expected on customers.customer_key = expected.customer_key
where
    customers.conversations is distinct from expected.conversations
    or customers.first_seen_at is distinct from expected.first_seen_at
    or customers.last_seen_at is distinct from expected.last_seen_at
