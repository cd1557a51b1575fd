-- What was found in event files and could not be an event.
select * from {{ ref('stg_rejects') }}
