with

said as (
    select * from {{ ref('int_group_names') }}
    where team_id is not null
)

select
    {{ key_in_account('team_id') }} as team_key,
    account_sid,
    team_id,
    max_by(team_name, said_of_team_number) filter (where team_name is not null) as team_name,
    max_by(team_name_in_hierarchy, said_of_team_number)
        filter (where team_name_in_hierarchy is not null) as team_name_in_hierarchy,
    max_by(department_id, said_of_team_number) filter (where department_id is not null)
        as department_id
from said
group by account_sid, team_id
