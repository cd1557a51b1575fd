-- Each customer with the last value by time that was not empty of everything its segments tell.
with

conversations as (
    select * from {{ ref('int_conversations') }}
),

tellings as (
    select * from {{ ref('int_customer_mentions') }}
),

attributes as (
    select * from {{ ref('int_task_attributes') }}
),

in_order as (
    select
        tellings.segment_key,
        conversations.customer_key,
        row_number() over (
            partition by conversations.customer_key
            order by tellings.attributes_at, tellings.started_at, tellings.segment_key
        ) as told_number
    from tellings
    inner join conversations on tellings.conversation_key = conversations.conversation_key
),

told as (
    select
        in_order.customer_key,
        in_order.told_number,
        tellings.*,
        {%- for name in customer_columns_as_supplied() %}
        attributes.customers_{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from tellings
    inner join in_order on tellings.segment_key = in_order.segment_key
    left join attributes on tellings.task_attributes_key = attributes.task_attributes_key
),

last_values as (
    select
        customer_key,
        {%- for name in [
            'name', 'phone', 'email', 'external_id', 'country', 'state', 'city', 'zip', 'type',
        ] + customer_columns_as_supplied() %}
        max_by({{ name }}, told_number) filter (where {{ name }} is not null) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from told
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
