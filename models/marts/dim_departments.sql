with

said as (
    select * from {{ ref('int_group_names') }}
    where department_id is not null
)

select
    {{ key_in_account('department_id') }} as department_key,
    account_sid,
    department_id,
    max_by(department_name, said_of_department_number)
        filter (where department_name is not null) as department_name,
    max_by(department_name_in_hierarchy, said_of_department_number)
        filter (where department_name_in_hierarchy is not null) as department_name_in_hierarchy
from said
group by account_sid, department_id
