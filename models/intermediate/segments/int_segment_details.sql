-- The segments of tasks with all that only fct_segments shows of them: links and transfers of the
-- task, media, and what was supplied and stands as it is. As in int_task_segments, what is always
-- there is joined from the left too.
with

segments as (
    select * from {{ ref('int_segments') }}
),

-- most attributes supply none of it: to join those would only cost memory
supplied as (
    select * from {{ ref('int_task_attributes') }}
    where {{ any_is_filled(supplied_columns()) }}
),

transfers as (
    select * from {{ ref('int_segment_transfers') }}
),

-- the last successful transfer that an agent's conversation led to
transfers_that_follow as (
    select
        transferred_from_segment_key as segment_key,
        transfer_label,
        row_number() over (
            partition by transferred_from_segment_key order by started_at desc, segment_key
        ) as from_the_last
    from transfers
    where transfer_status = 'Successful' and transferred_from_segment_key is not null
)

select
    segments.*,
    tasks.workspace_sid,
    links.call_sid,
    links.flex_interaction_sid,
    links.previous_task_sid,

    transfers.segment_key is not null as is_transfer,
    transfers.transfer_sid,
    transfers.transfer_type,
    transfers.transfer_mode,
    transfers.transfer_status,
    transfers.transferred_from_segment_key,
    coalesce(
        supplied.conversations_followed_by,
        case
            when segments.derived_kind = 'Conversation' then transfers_that_follow.transfer_label
        end
    ) as followed_by,
    coalesce(
        supplied.conversations_preceded_by,
        case
            when
                transfers.transfer_status = 'Successful'
                and segments.derived_kind in ('Queue', 'Conversation')
                then transfers.transfer_label
        end
    ) as preceded_by,

    media.media,
    media.segment_link,
    case
        when supplied.conversations_order between -2147483648 and 2147483647
            then cast(round(supplied.conversations_order) as integer)
        else cast(segments.position_in_conversation as integer)
    end as segment_order,
    supplied.conversations_case as case_id,
    {%- for name in supplied_texts() %}
    supplied.conversations_{{ name }} as {{ name }},
    {%- endfor %}
    {%- for number in range(1, 11) %}
    {{ attribute_and_label(
        'supplied.conversations_conversation', number, 'segments.segment_key'
    ) }},
    {%- endfor %}
    case
        when
            segments.derived_kind = 'Conversation'
            and supplied.conversations_average_response_time >= 0
            then supplied.conversations_average_response_time
    end as average_response_time,
    {%- for name in supplied_facts() if name != 'average_response_time' %}
    case
        when segments.derived_kind = 'Conversation' then supplied.conversations_{{ name }}
    end as {{ name }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from segments
left join {{ ref('int_tasks') }} as tasks
    on segments.account_sid = tasks.account_sid and segments.task_sid = tasks.task_sid
left join {{ ref('int_task_links') }} as links
    on segments.account_sid = links.account_sid and segments.task_sid = links.task_sid
left join supplied on segments.task_attributes_key = supplied.task_attributes_key
left join {{ ref('int_segment_media') }} as media
    on segments.segment_key = media.segment_key
left join transfers on segments.segment_key = transfers.segment_key
left join transfers_that_follow
    on
        segments.segment_key = transfers_that_follow.segment_key
        and transfers_that_follow.from_the_last = 1
