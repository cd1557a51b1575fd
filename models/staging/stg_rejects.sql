select
    text,
    source_file,
    position,
    reason,
    loaded_at,
    load_id
from {{ source('rejected', 'rejects') }}
