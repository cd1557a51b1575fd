select
    source_file,
    form,
    event_type,
    fate,
    count(*) as events
from {{ ref('int_event_fates') }}
group by source_file, form, event_type, fate
