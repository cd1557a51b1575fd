-- The inbound conversations after which the same customer starts another one soon.
with

inbound as (
    select
        segments.account_sid,
        segments.conversation_key,
        min(segments.started_at) as started_at
    from {{ ref('int_segments') }} as segments
    group by segments.account_sid, segments.conversation_key
    having max(
        case when segments.position_in_conversation = 1 then segments.direction end
    ) = 'Inbound'
),

customers as (
    select
        conversation_customers.*,
        customers.type
    from {{ ref('int_conversation_customers') }} as conversation_customers
    inner join {{ ref('int_customers') }} as customers
        on conversation_customers.customer_key = customers.customer_key
),

next_inbound as (
    select
        inbound.conversation_key,
        inbound.started_at,
        lead(inbound.started_at) over (
            partition by customers.customer_key
            order by inbound.started_at, inbound.conversation_key
        ) as next_started_at,
        customers.is_known_only_by_conversation
        or coalesce(customers.type = 'Agent', false) as is_excepted
    from inbound
    inner join customers on inbound.conversation_key = customers.conversation_key
)

select
    conversation_key,
    is_excepted,
    coalesce(
        next_started_at
        <= {{ add_milliseconds('started_at', var('repeat_contact_days') ~ ' * 86400000') }}, false
    ) as is_followed_by_inbound
from next_inbound
