with

customers as (
    select * from {{ ref('int_customers') }}
),

regions as (
    select * from {{ ref('region_by_country') }}
)

select
    customers.customer_key,
    customers.account_sid,
    customers.customer_id,
    customers.name,
    customers.phone,
    customers.email,
    customers.external_id,
    customers.country,
    coalesce(customers.region, regions.region) as region,
    customers.state,
    customers.city,
    customers.area,
    customers.zip,
    customers.geo_location,
    customers.category,
    customers.customer_manager,
    customers.gender,
    customers.market_segment,
    customers.organization,
    {{ double_to_integer('customers.year_of_birth') }} as year_of_birth,
    customers.type,
    customers.customer_link,
    customers.customer_attribute_1,
    customers.customer_attribute_2,
    customers.customer_attribute_3,
    customers.customer_label_1,
    customers.customer_label_2,
    customers.customer_label_3,
    customers.acquisition_date,
    customers.acquisition_cost,
    customers.business_value,
    customers.first_seen_at,
    customers.last_seen_at,
    customers.conversations
from customers
left join regions on upper(customers.country) = regions.country_code
