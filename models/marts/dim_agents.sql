with

agents as (
    select * from {{ ref('dim_agent_history') }}
    where is_current
)

select
    agent_key,
    account_sid,
    worker_sid,
    {{ columns_of('agents', agent_columns()) }},
    date_joined,
    date_left
from agents
