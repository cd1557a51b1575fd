{#- The sum of those values that are known; null if none is. -#}
{% macro sum_of_known(values) -%}
    case
        when coalesce({{ values | join(', ') }}) is not null
            then {% for value in values %}coalesce({{ value }}, 0){{ ' + ' if not loop.last }}{% endfor %}
    end
{%- endmacro %}
