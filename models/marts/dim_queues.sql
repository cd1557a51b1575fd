select
    {{ key_in_account('task_queue_sid') }} as queue_key,
    account_sid,
    task_queue_sid,
    queue_name
from {{ ref('int_queues') }}
