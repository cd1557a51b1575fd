select
    account_sid,
    last_event_at,
    last_loaded_at
from {{ ref('int_freshness') }}
