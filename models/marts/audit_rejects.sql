select * from {{ ref('int_rejects') }}
