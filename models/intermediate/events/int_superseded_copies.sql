{%- set fields = [
    'workspace_sid', 'task_sid', 'reservation_sid', 'worker_sid', 'task_queue_sid',
    'workflow_sid', 'resource_sid', 'task_attributes_key', 'worker_attributes_key',
    'task_channel_unique_name', 'task_queue_name', 'workflow_name', 'worker_name',
    'worker_activity_name', 'worker_previous_activity_name', 'task_canceled_reason',
    'task_completed_reason', 'reason', 'task_transfer_sid', 'transfer_type', 'transfer_mode',
    'transfer_to', 'transfer_initiating_worker_sid', 'transfer_initiating_reservation_sid',
    'task_version', 'reservation_version', 'worker_version', 'task_queue_entered_at',
    'previous_activity_milliseconds',
] -%}
-- Of an event that came more than once one copy is kept: the one with readable attributes, then the
-- one with the most fields, then the smallest form and text. These are the others.
with

unreadable as (
    select attributes_key from {{ ref('int_unreadable_attributes') }}
),

weighed as (
    select
        copies.account_sid,
        copies.event_sid,
        copies.event_type,
        copies.form,
        copies.landing_id,
        case
            when copies.event_type like 'worker.%'
                then copies.worker_attributes_key is not null
                    and unreadable_worker.attributes_key is null
            else copies.task_attributes_key is not null
                and unreadable_task.attributes_key is null
        end as has_attributes,
        {{ count_of_filled(fields) }} as filled_fields,
        {{ content_of_copy(fields) }} as content
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_competing_copies') }} as competing
        on copies.landing_id = competing.landing_id
    left join unreadable as unreadable_task
        on copies.task_attributes_key = unreadable_task.attributes_key
    left join unreadable as unreadable_worker
        on copies.worker_attributes_key = unreadable_worker.attributes_key
),

ranked_by_content as (
    select
        *,
        rank() over (
            partition by account_sid, event_sid, event_type
            order by has_attributes desc, filled_fields desc, form
        ) as rank_by_content
    from weighed
),

-- Where the best ones tell the same, any one may stay; else their text decides, which has to be
-- fetched.
told_differently as (
    select
        account_sid,
        event_sid,
        event_type
    from ranked_by_content
    where rank_by_content = 1
    group by account_sid, event_sid, event_type
    having count(distinct content) > 1
),

best_texts as (
    select
        ranked_by_content.landing_id,
        raw_events.event
    from ranked_by_content
    inner join told_differently
        on
            ranked_by_content.account_sid = told_differently.account_sid
            and ranked_by_content.event_sid = told_differently.event_sid
            and ranked_by_content.event_type = told_differently.event_type
    inner join {{ source('raw', 'events') }} as raw_events
        on ranked_by_content.landing_id = raw_events.landing_id
    where ranked_by_content.rank_by_content = 1
),

ranked as (
    select
        ranked_by_content.*,
        row_number() over (
            partition by
                ranked_by_content.account_sid,
                ranked_by_content.event_sid,
                ranked_by_content.event_type
            order by
                ranked_by_content.rank_by_content, best_texts.event,
                ranked_by_content.landing_id
        ) as rank_of_copy
    from ranked_by_content
    left join best_texts on ranked_by_content.landing_id = best_texts.landing_id
)

select
    account_sid,
    event_sid,
    event_type,
    landing_id
from ranked
where rank_of_copy > 1
