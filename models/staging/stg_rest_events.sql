with

parsed as (
    select
        *,
        {{ parse_json('event', event_json_fields('rest')) }} as fields
    from {{ source('raw', 'events') }}
    where
        form = 'rest'
        and load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

spelled_alike as (
    select
        {{ landing_columns() }},
        fields.sid as event_sid,
        fields.event_type as event_type,
        coalesce({{ event_time('fields.event_date_ms') }}, {{ event_time('fields.event_date') }})
            as event_at,
        coalesce(nullif(fields.workspace_sid, ''), fields.event_data.workspace_sid)
            as workspace_sid,
        coalesce(nullif(fields.resource_sid, ''), fields.event_data.resource_sid) as resource_sid,
        {%- for field in event_fields()
            if field not in ['account_sid', 'workspace_sid', 'resource_sid'] %}
        fields.event_data.{{ field }} as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed
)

select * from spelled_alike
