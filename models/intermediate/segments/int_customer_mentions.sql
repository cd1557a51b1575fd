-- depends_on: {{ ref('int_touched_keys') }}
-- What each segment tells of the customer of its conversation, but for what was supplied and stands
-- as it is in the attributes.
with

segments as (
    select * from {{ ref('int_segments') }}
),

customers as (
    select * from {{ ref('int_segment_customers') }}
),

attributes as (
    select * from {{ ref('int_task_attributes') }}
)

select
    segments.conversation_key,
    segments.segment_key,
    segments.started_at,
    segments.attributes_at,
    segments.task_attributes_key,
    customers.id_step,
    customers.customer_id,
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
    coalesce(customers.type, attributes.customers_type) as type
from segments
inner join customers on segments.segment_key = customers.segment_key
left join attributes on segments.task_attributes_key = attributes.task_attributes_key
