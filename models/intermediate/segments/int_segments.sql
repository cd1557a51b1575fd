select * from {{ ref('int_scope_segments') }}
where is_rebuilt
