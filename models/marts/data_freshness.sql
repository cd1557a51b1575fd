select
    account_sid,
    max(event_at) as last_event_at,
    max(loaded_at) as last_loaded_at
from {{ ref('int_event_copies') }}
group by account_sid
