{#- Which nodes lie on a circle, in a graph in which each node points to just one other and so every
    component has one circle. nodes: the name of a relation or CTE with the columns component, number
    and target_number. Gives a query with the column number. As many steps as a component has nodes
    surely lead onto its circle; going on from there until nothing is new visits all of it. -#}
{% macro nodes_in_circles(nodes) -%}
    {{ return(adapter.dispatch('nodes_in_circles')(nodes)) }}
{%- endmacro %}

{% macro duckdb__nodes_in_circles(nodes) -%}
    with recursive
    sizes as (
        select component, min(number) as number, count(*) as nodes from {{ nodes }} group by component
    ),
    walk (number, steps_left) as (
        select number, nodes from sizes
        union all
        select nodes.target_number, walk.steps_left - 1
        from walk
        inner join {{ nodes }} as nodes on walk.number = nodes.number
        where walk.steps_left > 0
    ),
    circle (number) as (
        select number from walk where steps_left = 0
        union
        select nodes.target_number
        from circle
        inner join {{ nodes }} as nodes on circle.number = nodes.number
    )
    select number from circle
{%- endmacro %}
