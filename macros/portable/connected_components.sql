{#- The connected components of a graph. edges: the name of a relation or CTE with the columns from_node
    and to_node (of any type that can be ordered; directions do not matter). Gives a query with one row
    for each node: node, component (the smallest node that it is connected to); a node that is connected
    only to itself may be missing. -#}
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

{#- Spark cannot recurse so: rounds of large-star and small-star (Kiveris et al., Connected Components in
    MapReduce and Beyond), each of which hangs whatever a node touches on the smallest of it. A chain gets
    half as long by each round; in some orders it takes one round more. So n rounds have done for 2^(n-1)
    nodes in every order tried. A round reads the one before it just once; otherwise the query would double
    by the round. In the end every node hangs on the smallest one of its component and on nothing else;
    where one does not, the query stops. -#}
{% macro spark__connected_components(edges) -%}
    {%- set rounds = var('component_rounds') -%}
    with
    edges_0 as (
        select from_node as node, to_node as other from {{ edges }}
    ),
    {%- for round in range(rounds) %}
    larger_on_smallest_{{ round }} as (
        select distinct reached as node, smallest as other
        from (
            select node, reached, least(node, min(reached) over (partition by node)) as smallest
            from (
                select
                    inline(array(struct(node as a, other as b), struct(other as a, node as b)))
                    as (node, reached)
                from edges_{{ round }}
            )
        )
        where reached > node
    ),
    edges_{{ round + 1 }} as (
        select distinct node, other
        from (
            select
                inline(array(struct(node as a, smallest as b), struct(other as a, smallest as b)))
                as (node, other)
            from (
                select node, other, min(other) over (partition by node) as smallest
                from larger_on_smallest_{{ round }}
            )
        )
        where node > other
    ),
    {%- endfor %}
    stars as (
        select distinct node, component
        from (
            select
                inline(array(struct(node as a, other as b), struct(other as a, other as b)))
                as (node, component)
            from edges_{{ rounds }}
        )
    )
    select
        node,
        case
            when count(*) over (partition by node) > 1
                then raise_error(
                    'Some tasks form a chain too long for {{ rounds }} rounds:'
                    || ' build with a larger dbt var component_rounds.'
                )
            else component
        end as component
    from stars
{%- endmacro %}
