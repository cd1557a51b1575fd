-- depends_on: {{ ref('int_touched_keys') }}
-- What each segment tells of the customer of its conversation.
select
    conversations.account_sid,
    conversations.customer_key,
    conversations.customer_id,
    conversations.conversation_key,
    segments.started_at,
    segments.ended_at,
    segments.segment_key,
    segments.attributes_at,
    case
        when customers.direction = 'Internal' then customers.name
        else coalesce(attributes.customers_name, customers.name)
    end as name,
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
