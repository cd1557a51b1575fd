with

slices as (
    select * from {{ ref('fct_workload') }}
)

select
    account_sid,
    agent_key,
    activity_key,
    date_key,
    time_key,
    cast(sum(workload_talk_time) as bigint) as workload_talk_time,
    cast(sum(workload_wrap_up_time) as bigint) as workload_wrap_up_time,
    cast(sum(workload_activity_time) as bigint) as workload_activity_time,
    max(parallel_conversations) as parallel_conversations,
    cast(sum(parallel_conversations * workload_activity_time) as bigint)
        as parallel_conversation_time
from slices
group by account_sid, agent_key, activity_key, date_key, time_key
