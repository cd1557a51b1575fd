{#- Which nodes of a graph hang together. edges: the name of a relation or CTE with the columns
    from_node and to_node (numbers, directions do not matter). Gives a query with one row a node:
    node, component (the smallest node that it can reach). -#}
{% macro connected_components(edges) -%}
    {{ return(adapter.dispatch('connected_components')(edges)) }}
{%- endmacro %}

{% macro duckdb__connected_components(edges) -%}
    with recursive
    both_ways as (
        select from_node, to_node from {{ edges }}
        union
        select to_node, from_node from {{ edges }}
    ),
    labels (node, component) using key (node) as (
        select from_node, least(from_node, min(to_node))
        from both_ways
        group by from_node
        union
        select both_ways.to_node, min(changed.component)
        from labels as changed
        inner join both_ways on changed.node = both_ways.from_node
        inner join recurring.labels as known on both_ways.to_node = known.node
        where changed.component < known.component
        group by both_ways.to_node
    )
    select node, component from labels
{%- endmacro %}
