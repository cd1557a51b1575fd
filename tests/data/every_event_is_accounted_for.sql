-- The audit counts every row of the landing zone and lists every reject, no more and no less.
with

loaded as (
    select count(*) as events from {{ source('raw', 'events') }}
),

audited as (
    select coalesce(sum(events), 0) as events from {{ ref('audit_events') }}
),

rejected as (
    select count(*) as rejects from {{ source('rejected', 'rejects') }}
),

audited_rejects as (
    select count(*) as rejects from {{ ref('audit_rejects') }}
)

select
    loaded.events,
    audited.events as audited_events,
    rejected.rejects,
    audited_rejects.rejects as audited_rejects
from loaded
cross join audited
cross join rejected
cross join audited_rejects
where loaded.events != audited.events or rejected.rejects != audited_rejects.rejects
