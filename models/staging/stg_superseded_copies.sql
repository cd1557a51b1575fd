-- Of an event that came more than once one copy is kept: the one with readable attributes, then the
-- one with the most fields, then the smallest form and text. These are the others.
with

copies as (
    select * from {{ ref('stg_event_copies') }}
),

events_with_copies as (
    select
        account_sid,
        event_sid,
        event_type
    from copies
    group by account_sid, event_sid, event_type
    having count(*) > 1
),

unreadable_task_attributes as (
    select task_attributes_key from {{ ref('stg_task_attributes') }} where not is_readable
),

unreadable_worker_attributes as (
    select worker_attributes_key from {{ ref('stg_worker_attributes') }} where not is_readable
),

weighed as (
    select
        copies.account_sid,
        copies.event_sid,
        copies.event_type,
        copies.form,
        copies.load_id,
        copies.source_file,
        copies.position,
        copies.element,
        raw_events.event,
        case
            when copies.event_type like 'worker.%'
                then copies.worker_attributes_key is not null
                    and unreadable_worker_attributes.worker_attributes_key is null
            else copies.task_attributes_key is not null
                and unreadable_task_attributes.task_attributes_key is null
        end as has_attributes,
        {{ count_of_filled([
            'workspace_sid', 'task_sid', 'reservation_sid', 'worker_sid', 'task_queue_sid',
            'workflow_sid', 'task_attributes_key', 'worker_attributes_key',
            'task_channel_unique_name', 'task_queue_name', 'workflow_name', 'worker_name',
            'worker_activity_name', 'worker_previous_activity_name', 'task_canceled_reason',
            'task_completed_reason', 'reason', 'task_transfer_sid', 'transfer_type',
            'transfer_mode', 'transfer_to', 'transfer_initiating_worker_sid',
            'transfer_initiating_reservation_sid', 'task_version', 'reservation_version',
            'worker_version', 'task_queue_entered_at', 'previous_activity_milliseconds'
        ]) }} as filled_fields
    from copies
    inner join events_with_copies
        on
            copies.account_sid = events_with_copies.account_sid
            and copies.event_sid = events_with_copies.event_sid
            and copies.event_type = events_with_copies.event_type
    inner join {{ source('raw', 'events') }} as raw_events
        on
            copies.load_id = raw_events.load_id
            and copies.source_file = raw_events.source_file
            and copies.position = raw_events.position
            and copies.element = raw_events.element
    left join unreadable_task_attributes
        on copies.task_attributes_key = unreadable_task_attributes.task_attributes_key
    left join unreadable_worker_attributes
        on copies.worker_attributes_key = unreadable_worker_attributes.worker_attributes_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_sid, event_sid, event_type
            order by
                has_attributes desc, filled_fields desc, form, event,
                load_id, source_file, position, element
        ) as rank_of_copy
    from weighed
)

select
    load_id,
    source_file,
    position,
    element
from ranked
where rank_of_copy > 1
