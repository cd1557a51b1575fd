{#- Which nodes of a graph, in which each node points to just one other, lie on a circle. nodes: the
    name of a relation or CTE with the columns number and target_number. Gives a query with the
    column number. -#}
{% macro nodes_in_circles(nodes) -%}
    {{ return(adapter.dispatch('nodes_in_circles')(nodes)) }}
{%- endmacro %}

{% macro duckdb__nodes_in_circles(nodes) -%}
    with recursive
    walk (start_number, number) as (
        select number, target_number from {{ nodes }}
        union
        select walk.start_number, nodes.target_number
        from walk
        inner join {{ nodes }} as nodes on walk.number = nodes.number
        where walk.number != walk.start_number
    )
    select distinct start_number as number from walk where start_number = number
{%- endmacro %}
