with

supplied_in_time as (
    select
        segments.segment_key,
        supplied.event_number,
        supplied.conversations_media,
        supplied.conversations_segment_link,
        {{ media_of_reservation('supplied.reservation_attributes', 'segments.reservation_sid') }}
            as reservation_media
    from {{ ref('int_segments') }} as segments
    inner join {{ ref('int_supplied_media') }} as supplied
        on
            segments.account_sid = supplied.account_sid
            and segments.task_sid = supplied.task_sid
    where
        segments.ended_at is null
        or supplied.event_at <= {{ add_milliseconds('segments.ended_at', '120000') }}
)

select
    segment_key,
    coalesce(
        max_by(reservation_media, event_number) filter (where reservation_media is not null),
        max_by(conversations_media, event_number) filter (where conversations_media is not null)
    ) as media,
    max_by(conversations_segment_link, event_number)
        filter (where conversations_segment_link is not null) as segment_link
from supplied_in_time
group by segment_key
