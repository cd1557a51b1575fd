-- Each customer with the last value by time that was not empty of everything its segments tell.
with

told as (
    select
        *,
        row_number() over (
            partition by customer_key order by attributes_at, started_at, segment_key
        ) as told_number
    from {{ ref('int_customer_tellings') }}
)

select
    account_sid,
    customer_key,
    customer_id,
    {%- for name in [
        'name', 'phone', 'email', 'external_id', 'country', 'state', 'city', 'zip', 'type',
    ] + customer_columns_as_supplied() %}
    max_by({{ name }}, told_number) filter (where {{ name }} is not null) as {{ name }},
    {%- endfor %}
    min(started_at) as first_seen_at,
    max(ended_at) as last_seen_at,
    count(distinct conversation_key) as conversations
from told
group by account_sid, customer_key, customer_id
