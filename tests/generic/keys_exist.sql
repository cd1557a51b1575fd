{#- Every non-empty key exists in its table. `keys` lists {column, to, key}: a column of the model, the
    table it points to, and the table's key (named as the column unless given). -#}
{% test keys_exist(model, keys) %}

{%- for reference in keys %}
{{ 'union all' if not loop.first }}
select distinct
    '{{ reference.column }}' as key_column,
    cast(tested.{{ reference.column }} as string) as missing_key
from (select {{ reference.column }} from {{ model }}) as tested
left join {{ reference.to }} as referenced
    on tested.{{ reference.column }} = referenced.{{ reference.key | default(reference.column) }}
where tested.{{ reference.column }} is not null
    and referenced.{{ reference.key | default(reference.column) }} is null
{%- endfor %}

{% endtest %}
