with

-- one id can be that of an event of each type
numbered_stays as (
    select
        *,
        row_number() over (
            partition by account_sid, worker_sid, started_at, event_sid, is_reconstructed
            order by event_number
        ) as stay_of_event
    from {{ ref('int_activity_stays') }}
),

stays as (
    select
        *,
        {{ surrogate_key([
            "'stay'", 'account_sid', 'worker_sid', milliseconds_since_epoch('started_at'),
            'event_sid',
            "case when is_reconstructed then 'reconstructed' "
            ~ "when stay_of_event > 1 then cast(stay_of_event as " ~ text_type() ~ ") end"
        ]) }} as segment_key
    from numbered_stays
),

-- the first version of an agent also stands for the time before it
versions as (
    select
        *,
        lag(valid_from) over (
            partition by account_sid, worker_sid order by valid_from
        ) is null as is_first
    from {{ ref('int_agent_versions') }}
)

select
    stays.segment_key,
    stays.account_sid,
    stays.workspace_sid,
    stays.worker_sid,
    case when stays.ended_at is null then 'Agent Status in Progress' else 'Agent Status' end
        as kind,
    stays.activity,
    versions.team_id as handling_team_id,
    versions.team_name as handling_team_name,
    versions.team_name_in_hierarchy as handling_team_name_in_hierarchy,
    versions.department_id as handling_department_id,
    versions.department_name as handling_department_name,
    versions.department_name_in_hierarchy as handling_department_name_in_hierarchy,
    stays.started_at,
    stays.ended_at,
    {{ seconds_between('stays.started_at', 'stays.ended_at') }} as activity_time
from stays
left join versions
    on
        stays.account_sid = versions.account_sid
        and stays.worker_sid = versions.worker_sid
        and (versions.is_first or versions.valid_from <= stays.started_at)
        and (versions.valid_to is null or versions.valid_to > stays.started_at)
where
    coalesce(
        stays.ended_at > {{ kept_since() }} or stays.started_at >= {{ kept_since() }}, true
    )
