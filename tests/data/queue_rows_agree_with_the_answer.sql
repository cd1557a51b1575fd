-- A Queue row that was answered and the row of the reservation that answered it tell of one wait.
with

segments as (
    select * from {{ ref('fct_segments') }}
),

supplied as (
    select segment_key from {{ ref('int_segments') }}
    where has_supplied_times
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
        visits_supplied.segment_key is not null
        or answers_supplied.segment_key is not null as is_supplied
    from segments as visits
    inner join segments as answers on visits.answered_by_segment_key = answers.segment_key
    left join supplied as visits_supplied on visits.segment_key = visits_supplied.segment_key
    left join supplied as answers_supplied on answers.segment_key = answers_supplied.segment_key
)

select * from answered_visits
where
    task_sid != task_of_answer
    or conversation_key != conversation_of_answer
    or (queue_time is distinct from queue_time_of_answer and not is_supplied)
