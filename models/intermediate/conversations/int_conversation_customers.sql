-- The customer of each conversation: the first found, over its segments in order, at the best
-- step of the precedence that any of them reaches; failing all, the conversation itself.
with

candidates as (
    select
        segments.account_sid,
        segments.conversation_key,
        coalesce(tellings.customer_id, segments.conversation_id) as customer_id,
        coalesce(tellings.id_step, 5) as id_step,
        cast(coalesce(tellings.id_step, 5) as bigint) * 1000000000
        + segments.position_in_conversation as choice
    from {{ ref('int_segments') }} as segments
    inner join {{ ref('int_customer_mentions') }} as tellings
        on segments.segment_key = tellings.segment_key
),

chosen as (
    select
        account_sid,
        conversation_key,
        min_by(customer_id, choice) as customer_id,
        min(id_step) = 5 as is_known_only_by_conversation
    from candidates
    group by account_sid, conversation_key
)

select
    *,
    {{ surrogate_key(['account_sid', 'customer_id']) }} as customer_key
from chosen
