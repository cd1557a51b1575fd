with

copies as (
    select * from {{ ref('stg_webhook_events') }}
    union all
    select * from {{ ref('stg_rest_events') }}
    union all
    select * from {{ ref('stg_event_stream_events') }}
),

empty_is_null as (
    select
        {{ landing_columns() }},
        nullif(event_sid, '') as event_sid,
        case
            when event_type = 'worker.activity' then 'worker.activity.update' else event_type
        end as event_type,
        event_at,
        {%- for field in event_fields() if field != 'account_sid' %}
        nullif({{ field }}, '') as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from copies
),

typed as (
    select
        {{ landing_columns() }},

        coalesce(event_sid, {{ surrogate_key([
            'account_sid', 'event_type', milliseconds_since_epoch('event_at'),
            'task_sid', 'reservation_sid', 'worker_sid', 'resource_sid'
        ]) }}) as event_sid,
        event_type,
        event_at,
        {{ causal_rank('event_type') }} as causal_rank,

        workspace_sid,
        task_sid,
        reservation_sid,
        worker_sid,
        task_queue_sid,
        workflow_sid,
        resource_sid,
        {{ attributes_key('task_attributes') }} as task_attributes_key,
        {{ attributes_key('worker_attributes') }} as worker_attributes_key,

        {{ attribute_text('task_channel_unique_name') }} as task_channel_unique_name,
        {{ attribute_text('task_queue_name') }} as task_queue_name,
        {{ attribute_text('workflow_name') }} as workflow_name,
        {{ attribute_text('worker_name') }} as worker_name,
        {{ attribute_text('worker_activity_name') }} as worker_activity_name,
        {{ attribute_text('worker_previous_activity_name') }} as worker_previous_activity_name,
        {{ attribute_text('task_canceled_reason') }} as task_canceled_reason,
        {{ attribute_text('task_completed_reason') }} as task_completed_reason,
        {{ attribute_text('reason') }} as reason,
        task_transfer_sid,
        transfer_type,
        transfer_mode,
        transfer_to,
        transfer_initiating_worker_sid,
        transfer_initiating_reservation_sid,

        {{ whole_number('task_version') }} as task_version,
        {{ whole_number('reservation_version') }} as reservation_version,
        {{ whole_number('worker_version') }} as worker_version,
        {{ event_time('task_queue_entered_date') }} as task_queue_entered_at,
        -- a length of more than a year tells of nothing
        coalesce(
            case
                when {{ whole_number('worker_time_in_previous_activity_ms') }}
                    between 0 and 31622400000
                    then {{ whole_number('worker_time_in_previous_activity_ms') }}
            end,
            case
                when {{ whole_number('worker_time_in_previous_activity') }} between 0 and 31622400
                    then {{ whole_number('worker_time_in_previous_activity') }} * 1000
            end
        ) as previous_activity_milliseconds
    from empty_is_null
)

select * from typed
