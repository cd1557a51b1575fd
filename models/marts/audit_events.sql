select * from {{ ref('int_event_fates') }}
