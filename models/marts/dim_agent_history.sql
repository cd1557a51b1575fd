with

versions as (
    select * from {{ ref('int_agent_versions') }}
),

-- as far as events of the worker tell
employment as (
    select
        account_sid,
        worker_sid,
        min(event_at) filter (where event_type = 'worker.created') as created_at,
        max(event_at) filter (where event_type = 'worker.deleted') as deleted_at
    from {{ ref('int_worker_events') }}
    group by account_sid, worker_sid
)

select
    {{ key_in_account('versions.worker_sid', 'versions.account_sid') }} as agent_key,
    versions.account_sid,
    versions.worker_sid,
    {{ columns_of('versions', agent_columns()) }},
    cast({{ local_time('employment.created_at') }} as date) as date_joined,
    cast({{ local_time('employment.deleted_at') }} as date) as date_left,
    {{ surrogate_key([
        'versions.account_sid', 'versions.worker_sid',
        milliseconds_since_epoch('versions.valid_from')
    ]) }} as agent_history_key,
    versions.valid_from,
    versions.valid_to,
    versions.valid_to is null as is_current
from versions
left join employment
    on
        versions.account_sid = employment.account_sid
        and versions.worker_sid = employment.worker_sid
