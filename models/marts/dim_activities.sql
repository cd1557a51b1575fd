with

activities as (
    select distinct
        account_sid,
        activity
    from {{ ref('fct_segments') }}
    where activity is not null
)

select
    {{ key_in_account('activity') }} as activity_key,
    account_sid,
    activity,
    coalesce(
        lower(activity) in ({{ lower_text_list(var('available_activities')) }}), false
    ) as is_available,
    coalesce(
        lower(activity) in ({{ lower_text_list(var('offline_activities')) }}), false
    ) as is_offline
from activities
