-- The events, of workers and of tasks that name one, after which more or other things are known of
-- a worker than before.
with

worker_events as (
    select
        account_sid,
        worker_sid,
        event_at,
        event_type,
        worker_name,
        readable_worker_attributes_key as worker_attributes_key,
        row_number() over worker_order as event_number,
        lag(worker_name) over worker_order as previous_name,
        lag(readable_worker_attributes_key) over worker_order as previous_attributes_key
    from {{ ref('int_events') }}
    where worker_sid is not null
    window worker_order as (partition by worker_sid, account_sid order by {{ causal_order() }})
),

news as (
    select * from worker_events
    where
        event_number = 1
        or event_type in ('worker.created', 'worker.deleted')
        or (worker_name is not null and worker_name is distinct from previous_name)
        or (
            worker_attributes_key is not null
            and worker_attributes_key is distinct from previous_attributes_key
        )
)

select
    news.account_sid,
    news.worker_sid,
    news.event_number,
    news.event_at,
    news.event_type,
    news.worker_name,
    attributes.full_name,
    attributes.agent_id,
    attributes.email,
    attributes.phone,
    attributes.location,
    attributes.manager,
    attributes.role,
    attributes.state,
    attributes.team_id,
    case when attributes.team_id is not null then attributes.team_name end as team_name,
    case when attributes.team_id is not null then attributes.team_name_in_hierarchy end
        as team_name_in_hierarchy,
    attributes.department_id,
    case when attributes.department_id is not null then attributes.department_name end
        as department_name,
    case when attributes.department_id is not null then attributes.department_name_in_hierarchy end
        as department_name_in_hierarchy,
    attributes.agent_attribute_1,
    attributes.agent_attribute_2,
    attributes.agent_attribute_3,
    attributes.agent_label_1,
    attributes.agent_label_2,
    attributes.agent_label_3
from news
left join {{ ref('int_worker_attributes') }} as attributes
    on news.worker_attributes_key = attributes.worker_attributes_key
