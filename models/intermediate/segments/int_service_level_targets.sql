with

waits as (
    select distinct
        account_sid,
        queue_name,
        channel
    from {{ ref('int_segments') }}
    where derived_kind = 'Queue'
),

targets as (
    select
        nullif(account_sid, '') as account_sid,
        nullif(queue_name, '') as queue_name,
        nullif(channel, '') as channel,
        sla_threshold,
        short_abandoned_threshold
    from {{ ref('service_level_targets') }}
),

ranked as (
    select
        waits.account_sid,
        waits.queue_name,
        waits.channel,
        targets.sla_threshold,
        targets.short_abandoned_threshold,
        row_number() over (
            partition by waits.account_sid, waits.queue_name, waits.channel
            order by
                case when targets.account_sid is not null then 1 else 0 end
                + case when targets.queue_name is not null then 1 else 0 end
                + case when targets.channel is not null then 1 else 0 end desc,
                case when targets.account_sid is not null then 0 else 1 end,
                case when targets.queue_name is not null then 0 else 1 end,
                targets.sla_threshold nulls last,
                targets.short_abandoned_threshold nulls last
        ) as choice
    from waits
    left join targets
        on
            coalesce(targets.account_sid = waits.account_sid, targets.account_sid is null)
            and coalesce(targets.queue_name = waits.queue_name, targets.queue_name is null)
            and coalesce(targets.channel = waits.channel, targets.channel is null)
)

select
    account_sid,
    queue_name,
    channel,
    coalesce(sla_threshold, {{ var('sla_threshold') }}) as sla_threshold,
    coalesce(short_abandoned_threshold, {{ var('short_abandoned_threshold') }})
        as short_abandoned_threshold
from ranked
where choice = 1
