-- The times and numbers of each segment of a task: supplied ones where they count, else computed
-- ones.
with

segments as (
    select * from {{ ref('int_task_segments') }}
),

supplied as (
    select * from {{ ref('stg_task_attributes') }}
),

-- supplied times override only on these rows
shown as (
    select
        segments.segment_key,
        segments.derived_kind,
        segments.is_agent_conversation,
        texts.direction,
        texts.initiated_by,
        segments.task_attributes_key,
        segments.total_queue_time,
        case
            when segments.derived_kind in ('Queue', 'Conversation')
                then coalesce(supplied.conversations_queue_time, segments.queue_time)
            else segments.queue_time
        end as queue_time,
        case
            when segments.derived_kind in ('Queue', 'Conversation')
                then coalesce(
                    supplied.conversations_abandon_time,
                    case
                        when
                            texts.abandoned = 'Yes'
                            and segments.answered_by_reservation_sid is null
                            and segments.reservation_sid is null
                            then segments.queue_time
                    end
                )
        end as abandon_time,
        {%- for name in ['ring_time', 'talk_time', 'wrap_up_time'] %}
        case
            when segments.derived_kind = 'Conversation'
                then coalesce(supplied.conversations_{{ name }}, segments.{{ name }})
            else segments.{{ name }}
        end as {{ name }},
        {%- endfor %}
        (
            segments.derived_kind in ('Queue', 'Conversation')
            and coalesce(supplied.conversations_queue_time, supplied.conversations_abandon_time)
            is not null
        )
        or (
            segments.derived_kind = 'Conversation'
            and coalesce(
                supplied.conversations_ring_time, supplied.conversations_talk_time,
                supplied.conversations_wrap_up_time
            ) is not null
        ) as has_supplied_times,
        case
            when supplied.conversations_order between -2147483648 and 2147483647
                then cast(round(supplied.conversations_order) as integer)
        end as supplied_order
    from segments
    inner join {{ ref('int_segment_attributes') }} as texts
        on segments.segment_key = texts.segment_key
    left join supplied on segments.task_attributes_key = supplied.task_attributes_key
)

select
    shown.segment_key,
    shown.has_supplied_times,
    shown.queue_time,
    shown.total_queue_time,
    shown.ring_time,
    shown.talk_time,
    shown.wrap_up_time,
    shown.abandon_time,
    case
        when shown.is_agent_conversation
            then coalesce(shown.talk_time, 0)
                + coalesce(shown.wrap_up_time, 0)
                + case
                    when
                        shown.direction = 'Outbound'
                        and coalesce(lower(shown.initiated_by), '') != 'dialer'
                        then coalesce(shown.ring_time, 0)
                    else 0
                end
    end as handling_time,
    shown.supplied_order,
    supplied.conversations_hold_time as hold_time,
    supplied.conversations_ivr_time as ivr_time,
    supplied.conversations_first_response_time as first_response_time,
    case
        when supplied.conversations_average_response_time >= 0
            then supplied.conversations_average_response_time
    end as average_response_time,
    supplied.conversations_focus_time as focus_time,
    supplied.conversations_agent_talk_time as agent_talk_time,
    supplied.conversations_customer_talk_time as customer_talk_time,
    supplied.conversations_crosstalk_time as crosstalk_time,
    supplied.conversations_silence_time as silence_time,
    supplied.conversations_longest_talk_by_agent as longest_talk_by_agent,
    supplied.conversations_longest_talk_by_customer as longest_talk_by_customer,
    supplied.conversations_longest_silence_before_agent as longest_silence_before_agent,
    supplied.conversations_longest_silence_before_customer as longest_silence_before_customer,
    supplied.conversations_priority as priority,
    {%- for number in range(1, 11) %}
    supplied.conversations_conversation_measure_{{ number }} as conversation_measure_{{ number }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from shown
left join supplied
    on
        shown.task_attributes_key = supplied.task_attributes_key
        and shown.derived_kind = 'Conversation'
