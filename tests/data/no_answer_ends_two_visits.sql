-- A reservation ends one wait: no two Queue rows are answered by the same segment.
select
    answered_by_segment_key,
    count(*) as queue_rows
from {{ ref('fct_segments') }}
where answered_by_segment_key is not null
group by answered_by_segment_key
having count(*) > 1
