-- A department takes its name from the latest segment or agent that names it.
with

namings as (
    select
        account_sid,
        handling_department_id as department_id,
        handling_department_name as department_name,
        handling_department_name_in_hierarchy as department_name_in_hierarchy,
        max(started_at) as last_named_at
    from {{ ref('fct_segments') }}
    where handling_department_id is not null
    group by all
    union all
    select
        account_sid,
        department_id,
        department_name,
        department_name_in_hierarchy,
        max(valid_from)
    from {{ ref('dim_agent_history') }}
    where department_id is not null
    group by all
),

in_order as (
    select
        *,
        row_number() over (
            partition by account_sid, department_id
            order by
                last_named_at,
                department_name nulls last,
                department_name_in_hierarchy nulls last
        ) as naming_order
    from namings
)

select
    {{ key_in_account('department_id') }} as department_key,
    account_sid,
    department_id,
    max_by(department_name, naming_order) filter (where department_name is not null)
        as department_name,
    max_by(department_name_in_hierarchy, naming_order)
        filter (where department_name_in_hierarchy is not null) as department_name_in_hierarchy
from in_order
group by account_sid, department_id
