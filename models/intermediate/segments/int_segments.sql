-- The segments of the tasks that this build makes anew.
select * from {{ ref('int_scope_segments') }}
where is_rebuilt
