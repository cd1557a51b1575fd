select distinct load_id
from {{ source('raw', 'events') }}
where load_id > {{ processed_load_id() }}
