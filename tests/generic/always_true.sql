{#- Every rule in `rules` ({what it says: SQL condition}) holds for every row. A rule whose condition is
    null for want of a value counts as kept. -#}
{% test always_true(model, rules) %}

select
    case
        {%- for name, condition in rules.items() %}
        when not ({{ condition }}) then '{{ name }}'
        {%- endfor %}
    end as broken_rule,
    tested.*
from (select * from {{ model }}) as tested
where
    {%- for condition in rules.values() %}
    {{ 'or ' if not loop.first }}not ({{ condition }})
    {%- endfor %}

{% endtest %}
