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

spelled_otherwise as (
    select
        *,
        case
            when {{ nothing_is_read('fields.event_data') }}
                then {{ parse_json('event', ['event_data', 'eventData', 'payload']) }}
        end as texts
    from parsed
),

data_as_text as (
    select
        *,
        coalesce(texts.event_data, texts['eventData'], texts.payload) as data_text
    from spelled_otherwise
),

parsed_again as (
    select
        *,
        case
            when {{ is_json_object('data_text') }}
                then {{ parse_json('data_text', event_fields()) }}
            else fields.event_data
        end as event_data,
        coalesce(nullif(fields.event_date_ms, ''), fields['eventDateMs']) as event_date_ms,
        coalesce(nullif(fields.event_date, ''), fields['eventDate']) as event_date
    from data_as_text
),

spelled_alike as (
    select
        {{ landing_columns() }},
        fields.sid as event_sid,
        coalesce(nullif(fields.event_type, ''), fields['eventType']) as event_type,
        coalesce({{ event_time('event_date_ms') }}, {{ event_time('event_date') }}) as event_at,
        coalesce(nullif(fields.workspace_sid, ''), fields['workspaceSid'], event_data.workspace_sid)
            as workspace_sid,
        coalesce(nullif(fields.resource_sid, ''), fields['resourceSid'], event_data.resource_sid)
            as resource_sid,
        {%- for field in event_fields()
            if field not in ['account_sid', 'workspace_sid', 'resource_sid'] %}
        event_data.{{ field }} as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed_again
)

select * from spelled_alike
