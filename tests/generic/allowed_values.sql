{#- Every non-empty value is one of those listed for its column in `values` ({column: [value, …]}). -#}
{% test allowed_values(model, values) %}

select
    {{ values | join(',\n    ') }},
    count(*) as faulty_rows
from {{ model }}
where
    {%- for column, allowed in values.items() %}
    {{ 'or ' if not loop.first }}{{ column }} not in ('{{ allowed | join("', '") }}')
    {%- endfor %}
group by {{ values | join(', ') }}

{% endtest %}
