with

candidates as (
    select
        segments.account_sid,
        segments.conversation_key,
        coalesce(mentions.customer_id, segments.conversation_id) as customer_id,
        coalesce(mentions.id_step, 5) as id_step,
        cast(coalesce(mentions.id_step, 5) as bigint) * 1000000000
        + segments.position_in_conversation as choice
    from {{ ref('int_segments') }} as segments
    inner join {{ ref('int_customer_mentions') }} as mentions
        on segments.segment_key = mentions.segment_key
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
