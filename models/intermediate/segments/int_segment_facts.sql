with

segments as (
    select * from {{ ref('int_segment_attributes') }}
),

-- supplied times replace computed ones only on these rows
shown as (
    select
        *,
        case
            when derived_kind in ('Queue', 'Conversation')
                then coalesce(supplied_queue_time, computed_queue_time)
            else computed_queue_time
        end as queue_time,
        case
            when derived_kind in ('Queue', 'Conversation')
                then coalesce(
                    supplied_abandon_time,
                    case
                        when
                            abandoned = 'Yes'
                            and answered_by_reservation_sid is null
                            and reservation_sid is null
                            then computed_queue_time
                    end
                )
        end as abandon_time,
        {%- for name in ['ring_time', 'talk_time', 'wrap_up_time'] %}
        case
            when derived_kind = 'Conversation'
                then coalesce(supplied_{{ name }}, computed_{{ name }})
            else computed_{{ name }}
        end as {{ name }},
        {%- endfor %}
        {%- for name in ['hold_time', 'ivr_time'] %}
        case when derived_kind = 'Conversation' then supplied_{{ name }} end as {{ name }},
        {%- endfor %}
        (
            derived_kind in ('Queue', 'Conversation')
            and coalesce(supplied_queue_time, supplied_abandon_time) is not null
        )
        or (
            derived_kind = 'Conversation'
            and coalesce(supplied_ring_time, supplied_talk_time, supplied_wrap_up_time) is not null
        ) as has_supplied_times
    from segments
)

select
    *,
    case
        when is_agent_conversation
            then coalesce(talk_time, 0)
                + coalesce(wrap_up_time, 0)
                + case
                    when direction = 'Outbound' and coalesce(lower(initiated_by), '') != 'dialer'
                        then coalesce(ring_time, 0)
                    else 0
                end
    end as handling_time
from shown
