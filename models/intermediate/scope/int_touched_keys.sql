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
