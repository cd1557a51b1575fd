-- A Queue row that was answered and the row of the reservation that answered it show the same wait.
with

segments as (
    select * from {{ ref('fct_segments') }}
),

-- the segments that the last build touched
touched as (
    select
        segment_key,
        has_supplied_times
    from {{ ref('int_segments') }}
),

answered_visits as (
    select
        visits.segment_key,
        visits.task_sid,
        visits.conversation_key,
        visits.queue_time,
        answers.task_sid as task_of_answer,
        answers.conversation_key as conversation_of_answer,
        answers.queue_time as queue_time_of_answer,
        visits_touched.has_supplied_times or answers_touched.has_supplied_times as is_supplied
    from segments as visits
    inner join segments as answers on visits.answered_by_segment_key = answers.segment_key
    left join touched as visits_touched on visits.segment_key = visits_touched.segment_key
    left join touched as answers_touched on answers.segment_key = answers_touched.segment_key
)

select * from answered_visits
where
    task_sid != task_of_answer
    or conversation_key != conversation_of_answer
    or (queue_time is distinct from queue_time_of_answer and not is_supplied)
