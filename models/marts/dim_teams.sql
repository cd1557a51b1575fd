-- A team takes its name from the latest segment or agent that names it.
with

namings as (
    select
        account_sid,
        handling_team_id as team_id,
        handling_team_name as team_name,
        handling_team_name_in_hierarchy as team_name_in_hierarchy,
        handling_department_id as department_id,
        max(started_at) as last_named_at
    from {{ ref('fct_segments') }}
    where handling_team_id is not null
    group by all
    union all
    select
        account_sid,
        team_id,
        team_name,
        team_name_in_hierarchy,
        department_id,
        max(valid_from)
    from {{ ref('dim_agent_history') }}
    where team_id is not null
    group by all
),

in_order as (
    select
        *,
        row_number() over (
            partition by account_sid, team_id
            order by
                last_named_at,
                team_name nulls last,
                team_name_in_hierarchy nulls last,
                department_id nulls last
        ) as naming_order
    from namings
)

select
    {{ key_in_account('team_id') }} as team_key,
    account_sid,
    team_id,
    max_by(team_name, naming_order) filter (where team_name is not null) as team_name,
    max_by(team_name_in_hierarchy, naming_order)
        filter (where team_name_in_hierarchy is not null) as team_name_in_hierarchy,
    max_by(department_id, naming_order) filter (where department_id is not null)
        as department_id
from in_order
group by account_sid, team_id
