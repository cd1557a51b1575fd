-- The keys of all whose rows this build replaces: conversations, tasks and agents.
select touched_key from {{ ref('int_touched_conversations') }}
union
select conversation_key from {{ ref('int_scope_tasks') }} where is_rebuilt
union
select {{ task_key() }} from {{ ref('int_scope_tasks') }} where is_rebuilt
union
select {{ key_in_account('worker_sid') }} from {{ ref('int_touched_workers') }}
