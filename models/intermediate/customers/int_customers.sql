-- Each customer with the last value by time that was not empty of everything its segments tell.
with

told as (
    select
        conversations.account_sid,
        conversations.customer_key,
        conversations.customer_id,
        conversations.conversation_key,
        segments.started_at,
        segments.ended_at,
        row_number() over (
            partition by conversations.customer_key
            order by segments.attributes_at, segments.started_at, segments.segment_key
        ) as told_number,
        coalesce(attributes.customers_name, customers.name) as name,
        customers.phone,
        customers.email,
        customers.external_id,
        {%- for part in ['country', 'state', 'city', 'zip'] %}
        coalesce(
            attributes.customers_{{ part }},
            case
                when customers.direction = 'Outbound'
                    then coalesce(attributes.to_{{ part }}, attributes.called_{{ part }})
                when customers.direction != 'Internal'
                    then coalesce(attributes.from_{{ part }}, attributes.caller_{{ part }})
            end
        ) as {{ part }},
        {%- endfor %}
        coalesce(customers.type, attributes.customers_type) as type,
        {%- for name in customer_columns_as_supplied() %}
        attributes.customers_{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_conversation_segments') }} as segments
    inner join {{ ref('int_conversation_customers') }} as conversations
        on segments.conversation_key = conversations.conversation_key
    inner join {{ ref('int_segment_customers') }} as customers
        on segments.segment_key = customers.segment_key
    left join {{ ref('stg_task_attributes') }} as attributes
        on customers.task_attributes_key = attributes.task_attributes_key
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
