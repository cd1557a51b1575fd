with

parsed as (
    select
        *,
        {{ parse_json('event', event_json_fields('webhook')) }} as fields
    from {{ source('raw', 'events') }}
    where
        form = 'webhook'
        and load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

spelled_alike as (
    select
        {{ landing_columns() }},
        fields['Sid'] as event_sid,
        fields['EventType'] as event_type,
        coalesce({{ event_time("fields['TimestampMs']") }}, {{ event_time("fields['Timestamp']") }})
            as event_at,
        {%- for field in event_fields() if field != 'account_sid' %}
        fields['{{ pascal_case(field) }}'] as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed
)

select * from spelled_alike
