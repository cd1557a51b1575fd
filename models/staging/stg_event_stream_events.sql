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

spelled_otherwise as (
    select
        *,
        case
            when {{ nothing_is_read('fields.data.payload') }}
                then {{ parse_json('event', ['data', 'payload']) }}
        end as texts
    from parsed
),

data_as_text as (
    select
        *,
        case
            when {{ is_json_object('texts.data') }}
                then {{ parse_json('texts.data', ['sid', 'payload']) }}
        end as data
    from spelled_otherwise
),

payload_as_text as (
    select
        *,
        coalesce(data.payload, texts.payload) as payload_text
    from data_as_text
),

parsed_again as (
    select
        *,
        case
            when {{ is_json_object('payload_text') }}
                then {{ parse_json('payload_text', payload_fields()) }}
            else fields.data.payload
        end as payload,
        coalesce(fields.data.sid, data.sid) as data_sid
    from payload_as_text
),

spelled_alike as (
    select
        {{ landing_columns() }},
        coalesce(nullif(payload.sid, ''), data_sid) as event_sid,
        coalesce(
            nullif(payload.eventtype, ''), replace(fields.type, 'com.twilio.taskrouter.', '')
        ) as event_type,
        coalesce({{ event_time('payload.timestamp') }}, {{ event_time('fields.time') }})
            as event_at,
        {%- for field in event_fields() if field != 'account_sid' %}
        payload.{{ field }} as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed_again
)

select * from spelled_alike
