-- Every team and department that a segment or an agent names, and what was said of it when.
with

said_by_segments as (
    select
        account_sid,
        started_at as said_at,
        segment_key as said_by,
        handling_team_id as team_id,
        handling_team_name as team_name,
        handling_team_name_in_hierarchy as team_name_in_hierarchy,
        handling_department_id as department_id,
        handling_department_name as department_name,
        handling_department_name_in_hierarchy as department_name_in_hierarchy
    from {{ ref('int_all_segments') }}
),

said_by_agents as (
    select
        account_sid,
        valid_from as said_at,
        worker_sid as said_by,
        team_id,
        team_name,
        team_name_in_hierarchy,
        department_id,
        department_name,
        department_name_in_hierarchy
    from {{ ref('int_agent_versions') }}
),

said as (
    select * from said_by_segments
    union all
    select * from said_by_agents
)

select
    *,
    row_number() over (
        partition by account_sid, team_id order by said_at, said_by
    ) as said_of_team_number,
    row_number() over (
        partition by account_sid, department_id order by said_at, said_by
    ) as said_of_department_number
from said
where team_id is not null or department_id is not null
