-- The slices of conversations and of agents' activities in one shape.
with

conversation_slices as (
    select
        segment_key,
        'Conversation' as workload_kind,
        started_at,
        ended_at,
        workload_talk_time,
        workload_wrap_up_time,
        cast(null as bigint) as workload_activity_time,
        cast(null as bigint) as parallel_conversations
    from {{ ref('int_conversation_slices') }}
),

status_slices as (
    select
        segment_key,
        'Agent Status' as workload_kind,
        started_at,
        ended_at,
        cast(null as bigint) as workload_talk_time,
        cast(null as bigint) as workload_wrap_up_time,
        workload_activity_time,
        parallel_conversations
    from {{ ref('int_status_slices') }}
)

select * from conversation_slices
union all
select * from status_slices
