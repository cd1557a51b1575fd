with

observations as (
    select
        *,
        sum(case when team_id is not null then 1 else 0 end) over worker_so_far as team_number,
        sum(case when department_id is not null then 1 else 0 end) over worker_so_far
            as department_number,
        max(case when event_type = 'worker.deleted' then 1 else 0 end) over worker_so_far = 1
            as is_deleted
    from {{ ref('int_worker_observations') }}
    window worker_so_far as (
        partition by worker_sid, account_sid
        order by event_number rows between unbounded preceding and current row
    )
),

carried_forward as (
    select
        account_sid,
        worker_sid,
        event_number,
        event_at,
        coalesce(
            {{ last_of_worker('full_name') }}, {{ last_of_worker('worker_name') }}
        ) as full_name,
        {%- for column in [
            'agent_id', 'email', 'phone', 'location', 'manager', 'role',
            'agent_attribute_1', 'agent_attribute_2', 'agent_attribute_3',
            'agent_label_1', 'agent_label_2', 'agent_label_3',
        ] %}
        {{ last_of_worker(column) }} as {{ column }},
        {%- endfor %}
        case
            when is_deleted then 'Deleted' else coalesce({{ last_of_worker('state') }}, 'Active')
        end as state,
        {%- for column in ['team_id', 'team_name', 'team_name_in_hierarchy'] %}
        max({{ column }}) over (partition by worker_sid, account_sid, team_number)
            as {{ column }},
        {%- endfor %}
        {%- for column in [
            'department_id', 'department_name', 'department_name_in_hierarchy'
        ] %}
        max({{ column }}) over (partition by worker_sid, account_sid, department_number)
            as {{ column }},
        {%- endfor %}
        lead(event_at) over (partition by worker_sid, account_sid order by event_number)
            as next_event_at
    from observations
),

last_of_each_millisecond as (
    select
        *,
        {{ surrogate_key(agent_columns()) }} as content
    from carried_forward
    where next_event_at is null or next_event_at > event_at
),

changes as (
    select
        *,
        lag(content) over (
            partition by worker_sid, account_sid order by event_number
        ) as previous_content
    from last_of_each_millisecond
)

select
    account_sid,
    worker_sid,
    {{ agent_columns() | join(',\n    ') }},
    event_at as valid_from,
    lead(event_at) over (partition by worker_sid, account_sid order by event_number) as valid_to
from changes
where previous_content is null or content != previous_content
