-- The attribute texts that are no JSON object: there are few of them, if any.
select task_attributes_key as attributes_key
from {{ ref('int_task_attributes') }}
where not is_readable
union
select worker_attributes_key
from {{ ref('int_worker_attributes') }}
where not is_readable
