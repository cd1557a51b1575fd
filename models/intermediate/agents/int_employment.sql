-- When each worker was created and deleted, as far as events of the worker tell.
select
    account_sid,
    worker_sid,
    min(event_at) filter (where event_type = 'worker.created') as created_at,
    max(event_at) filter (where event_type = 'worker.deleted') as deleted_at
from {{ ref('int_worker_events') }}
group by account_sid, worker_sid
