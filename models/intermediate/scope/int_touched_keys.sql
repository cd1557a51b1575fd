-- The keys of all whose rows this build replaces: conversations, tasks, the segments of
-- reservations, and agents, of these only the rows since touched_from. What stands before an
-- agent's key keeps it from being a conversation's, whose id can be the same text as the worker's
-- SID.
with

keys as (
    select
        touched_key,
        cast(null as timestamp) as touched_from
    from {{ ref('int_touched_conversations') }}
    union
    select
        conversation_key,
        null
    from {{ ref('int_scope_tasks') }}
    where is_rebuilt
    union
    select
        {{ task_key() }},
        null
    from {{ ref('int_scope_tasks') }}
    where is_rebuilt
    union
    select
        {{ reservation_segment_key() }},
        null
    from {{ ref('int_touched_reservations') }}
    where reservation_sid is not null
    union
    select
        'agent ' || {{ key_in_account('worker_sid') }},
        touched_from
    from {{ ref('int_touched_periods') }}
)

select * from keys
