{#- No two rows are alike in `columns` (empty values count as alike), and none of the columns in
    `filled` is empty; `filled` is `columns` unless given. -#}
{% test unique_key(model, columns, filled=none) %}
{%- set filled = columns if filled is none else filled %}

with tested as (

    select
        {{ columns | join(',\n        ') }},
        {{ 'false' if not filled }}
        {%- for column in filled %}
        {{ 'or ' if not loop.first }}{{ column }} is null
        {%- endfor %} as is_incomplete
    from {{ model }}

),

counted as (

    select
        {{ columns | join(',\n        ') }},
        count(*) as copies,
        count_if(is_incomplete) as incomplete_rows
    from tested
    group by {{ columns | join(', ') }}

)

select * from counted
where copies > 1 or incomplete_rows > 0

{% endtest %}
