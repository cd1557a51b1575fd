{#- The intervals of one partition follow one another: none ends before it starts or goes on when the
    next begins; an interval without end is the last. Without gaps each begins as the last one ends. -#}
{% test no_overlap(model, partition_by, starts, ends, gaps_allowed=true) %}

with tested as (

    select
        {{ partition_by | join(',\n        ') }},
        {{ starts }},
        {{ ends }}
    from {{ model }}

),

in_order as (

    select
        *,
        row_number() over (
            partition by {{ partition_by | join(', ') }}
            order by {{ starts }}, {{ ends }} nulls last
        ) as place,
        lag({{ ends }}) over (
            partition by {{ partition_by | join(', ') }}
            order by {{ starts }}, {{ ends }} nulls last
        ) as previous_end
    from tested

)

select * from in_order
where {{ ends }} < {{ starts }}
    or (place > 1 and previous_end is null)
    or previous_end {{ '>' if gaps_allowed else '!=' }} {{ starts }}

{% endtest %}
