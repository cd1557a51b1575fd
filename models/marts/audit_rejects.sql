select * from {{ ref('stg_rejects') }}
