{#- The latest value that is not null, up to the present row in the order given; null if there is none. -#}
{% macro last_non_empty(value, partition, order) -%}
    {{ return(adapter.dispatch('last_non_empty')(value, partition, order)) }}
{%- endmacro %}

{% macro duckdb__last_non_empty(value, partition, order) -%}
    last_value({{ value }} ignore nulls) over (
        partition by {{ partition }} order by {{ order }}
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro spark__last_non_empty(value, partition, order) -%}
    last_value({{ value }}) ignore nulls over (
        partition by {{ partition }} order by {{ order }}
        rows between unbounded preceding and current row
    )
{%- endmacro %}
