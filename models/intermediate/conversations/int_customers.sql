with

conversations as (
    select * from {{ ref('int_conversations') }}
),

mentions as (
    select * from {{ ref('int_customer_mentions') }}
),

attributes as (
    select * from {{ ref('int_task_attributes') }}
),

in_order as (
    select
        mentions.segment_key,
        conversations.customer_key,
        row_number() over (
            partition by conversations.customer_key
            order by mentions.attributes_at, mentions.started_at, mentions.segment_key
        ) as mention_number
    from mentions
    inner join conversations on mentions.conversation_key = conversations.conversation_key
),

numbered_mentions as (
    select
        in_order.customer_key,
        in_order.mention_number,
        mentions.*,
        {%- for name in customer_columns_as_supplied() %}
        attributes.customers_{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from mentions
    inner join in_order on mentions.segment_key = in_order.segment_key
    left join attributes on mentions.task_attributes_key = attributes.task_attributes_key
),

last_values as (
    select
        customer_key,
        {%- for name in [
            'name', 'phone', 'email', 'external_id', 'country', 'state', 'city', 'zip', 'type',
        ] + customer_columns_as_supplied() %}
        max_by({{ name }}, mention_number) filter (where {{ name }} is not null) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from numbered_mentions
    group by customer_key
),

seen as (
    select
        account_sid,
        customer_key,
        customer_id,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as conversations
    from conversations
    group by account_sid, customer_key, customer_id
)

select
    seen.account_sid,
    seen.customer_id,
    last_values.*,
    seen.first_seen_at,
    seen.last_seen_at,
    seen.conversations
from seen
inner join last_values on seen.customer_key = last_values.customer_key
