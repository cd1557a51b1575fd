-- What each segment of a task tells of its customer, by the direction of the segment.
with

segments as (
    select * from {{ ref('int_segments') }}
),

attributes as (
    select * from {{ ref('int_task_attributes') }}
),

identified as (
    select
        segments.segment_key,
        segments.task_attributes_key,
        segments.direction,
        coalesce(segments.is_voice, false) as is_voice,
        attributes.customers_external_id,
        attributes.customers_email,
        attributes.customer_name,
        attributes.caller_address,
        {{ identifying_address('attributes.customers_external_id') }} as external_id,
        {{ identifying_address('attributes.customers_phone') }} as supplied_phone,
        {{ identifying_address('attributes.customers_email') }} as supplied_email,
        {{ identifying_address('attributes.customer_address') }} as customer_address,
        case
            when coalesce(segments.is_voice, false) or {{ is_address('attributes.from_address') }}
                then {{ identifying_address('attributes.from_address') }}
        end as from_address,
        case
            when segments.direction = 'Outbound'
                then coalesce(
                    {{ identifying_address('attributes.to_address') }},
                    {{ identifying_address('attributes.called_address') }},
                    {{ identifying_address('attributes.outbound_to_address') }}
                )
        end as called_party,
        case
            when segments.direction = 'Internal'
                then {{ identifying_address("replace(attributes.from_address, 'client:', '')") }}
        end as calling_agent
    from segments
    left join attributes on segments.task_attributes_key = attributes.task_attributes_key
),

-- the other party of the call
parties as (
    select
        *,
        case
            when direction = 'Outbound' then called_party
            else coalesce(from_address, {{ identifying_address('caller_address') }})
        end as party
    from identified
),

-- the address of the other party, and what of it is a phone number or an e-mail address
addressed as (
    select
        *,
        case
            when direction = 'Outbound' or is_voice then coalesce(party, customer_address)
            else coalesce(customer_address, party)
        end as address,
        case
            when direction = 'Outbound' or is_voice or customer_address is null then party
            when customer_address not like '%@%' then customer_address
            when {{ is_number_address('from_address') }} then from_address
        end as phone_by_direction,
        case when customer_address like '%@%' then customer_address end as address_email
    from parties
),

steps as (
    select
        *,
        case
            when direction = 'Internal'
                then case when calling_agent is not null then 4 end
            when external_id is not null then 1
            when supplied_phone is not null then 2
            when supplied_email is not null then 3
            when address is not null then 4
        end as id_step
    from addressed
)

select
    segment_key,
    task_attributes_key,
    direction,
    id_step,
    case
        when direction = 'Internal' then calling_agent
        when id_step = 1 then external_id
        when id_step = 2 then supplied_phone
        when id_step = 3 then {{ lower_case('supplied_email') }}
        when id_step = 4 then {{ customer_id_of('address') }}
    end as customer_id,
    {{ text_of_code_points('customers_external_id', 128) }} as external_id,
    case
        when direction != 'Internal'
            then {{ text_of_code_points(
                'coalesce(supplied_phone, phone_by_direction, '
                ~ "case when customer_address not like '%@%' then customer_address end)", 128
            ) }}
    end as phone,
    {{ text_of_code_points('coalesce(customers_email, address_email)', 128) }} as email,
    case when direction = 'Internal' then calling_agent else customer_name end as name,
    case when direction = 'Internal' then 'Agent' end as type
from steps
