-- What a conversation took from the customer: IVR, waits and talk; outbound: ringing and talk.
with

parts as (
    select
        *,
        coalesce(direction = 'Outbound', false) as is_outbound
    from {{ ref('fct_conversations') }}
),

expected as (
    select
        conversation_key,
        experience_time,
        case
            when is_outbound and coalesce(ring_time, talk_time) is not null
                then coalesce(ring_time, 0) + coalesce(talk_time, 0)
            when not is_outbound and coalesce(ivr_time, queue_time, talk_time) is not null
                then coalesce(ivr_time, 0) + coalesce(queue_time, 0) + coalesce(talk_time, 0)
        end as expected_experience_time
    from parts
)

select * from expected
where experience_time is distinct from expected_experience_time
