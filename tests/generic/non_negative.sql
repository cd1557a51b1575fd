{#- No number in `columns` is below zero. -#}
{% test non_negative(model, columns) %}

select {{ columns | join(',\n    ') }}
from {{ model }}
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} < 0
    {%- endfor %}

{% endtest %}
