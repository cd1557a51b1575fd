-- Where a task's supplied media or segment link changed, and to what.
with

supplied as (
    select
        task_events.account_sid,
        task_events.task_sid,
        task_events.event_number,
        task_events.event_at,
        attributes.reservation_attributes,
        attributes.conversations_media,
        attributes.conversations_segment_link,
        lag(task_events.readable_task_attributes_key) over (
            partition by task_events.task_sid, task_events.account_sid
            order by task_events.event_number
        ) as previous_attributes_key,
        task_events.readable_task_attributes_key as attributes_key
    from {{ ref('int_task_events') }} as task_events
    inner join {{ ref('int_task_attributes') }} as attributes
        on task_events.readable_task_attributes_key = attributes.task_attributes_key
    where
        coalesce(
            attributes.reservation_attributes,
            attributes.conversations_media,
            attributes.conversations_segment_link
        ) is not null
)

select
    account_sid,
    task_sid,
    event_number,
    event_at,
    reservation_attributes,
    conversations_media,
    conversations_segment_link
from supplied
where previous_attributes_key is null or previous_attributes_key != attributes_key
