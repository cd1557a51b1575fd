-- Every agent has one current version in dim_agent_history, and the two are alike.
with

agents as (
    select * from {{ ref('dim_agents') }}
),

current_versions as (
    select * from {{ ref('dim_agent_history') }}
    where is_current
)

select agents.agent_key
from agents
left join current_versions on agents.agent_key = current_versions.agent_key
group by agents.agent_key
having
    count(current_versions.agent_key) != 1
    or bool_or(
        agents.full_name is distinct from current_versions.full_name
        or agents.role is distinct from current_versions.role
        or agents.state is distinct from current_versions.state
        or agents.team_id is distinct from current_versions.team_id
        or agents.department_id is distinct from current_versions.department_id
        or agents.date_left is distinct from current_versions.date_left
    )
