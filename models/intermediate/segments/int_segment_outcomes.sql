-- The segments of tasks with what became of them: how a wait ended, where the customer gave up, and
-- whether measures and conversations count the segment as handled or as abandoned.
with

segments as (
    select
        *,
        coalesce(
            supplied_abandoned_phase,
            case
                when
                    abandoned = 'Yes'
                    and reservation_sid is null
                    and answered_by_reservation_sid is null
                    then 'Queue'
            end
        ) as abandoned_phase
    from {{ ref('int_segment_facts') }}
)

select
    *,
    case
        when derived_kind != 'Queue' then null
        when answered_by_reservation_sid is not null then 'Answered'
        when abandoned = 'Yes' then 'Abandoned'
        when ended_by_entry then 'Left'
        else 'Ended'
    end as visit_outcome,
    is_agent_conversation and abandoned is distinct from 'Yes' as is_handled,
    coalesce(abandoned = 'Yes' and abandoned_phase is distinct from 'Voicemail', false)
        as is_abandoned
from segments
