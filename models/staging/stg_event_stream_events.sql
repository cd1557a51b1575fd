with

parsed as (
    select
        *,
        {{ parse_json('event', event_json_fields('event_streams')) }} as fields
    from {{ source('raw', 'events') }}
    where
        form = 'event_streams'
        and load_id in (select new_loads.load_id from {{ ref('stg_new_loads') }} as new_loads)
),

spelled_alike as (
    select
        {{ landing_columns() }},
        coalesce(nullif(fields.data.payload.sid, ''), fields.data.sid) as event_sid,
        coalesce(
            nullif(fields.data.payload.eventtype, ''),
            replace(fields.type, 'com.twilio.taskrouter.', '')
        ) as event_type,
        coalesce(
            {{ event_time('fields.data.payload.timestamp') }}, {{ event_time('fields.time') }}
        ) as event_at,
        {%- for field in event_fields() if field != 'account_sid' %}
        fields.data.payload.{{ field }} as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed
)

select * from spelled_alike
