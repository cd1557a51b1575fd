-- The phone rings while the customer waits: the ring time of an answer is at most its queue time.
-- Left out are offers made before the visit that the accept ended, and rows with supplied times.
with

segments as (
    select * from {{ ref('fct_segments') }}
),

computed as (
    select * from {{ ref('int_segments') }}
    where not has_supplied_times
),

reservations as (
    select * from {{ ref('int_reservations') }}
),

answers as (
    select
        answers.segment_key,
        answers.ring_time,
        answers.queue_time
    from segments as visits
    inner join segments as answers on visits.answered_by_segment_key = answers.segment_key
    inner join computed on answers.segment_key = computed.segment_key
    inner join reservations
        on
            answers.account_sid = reservations.account_sid
            and answers.reservation_sid = reservations.reservation_sid
    where reservations.offered_at >= visits.started_at
)

select * from answers
where ring_time > queue_time
