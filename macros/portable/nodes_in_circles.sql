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

{#- Spark cannot recurse so: where one step leads is known, and so where two lead, four, eight; after 2^20,
    which no component has as many nodes as, everything is on a circle, and every node of a circle is
    reached. Each doubling meets, at every node, those who arrive there with where it leads. -#}
{% macro spark__nodes_in_circles(nodes) -%}
    with
    steps_0 as (
        select number, target_number from {{ nodes }}
    ),
    {%- for round in range(20) %}
    steps_{{ round + 1 }} as (
        select arriving as number, leads_to as target_number
        from (
            select arriving, max(leaving_to) over (partition by place) as leads_to
            from (
                select inline(array(
                    struct(number as a, nullif(number, number) as b, target_number as c),
                    struct(target_number as a, number as b, nullif(number, number) as c)
                )) as (place, arriving, leaving_to)
                from steps_{{ round }}
            )
        )
        where arriving is not null
    ){{ ',' if not loop.last }}
    {%- endfor %}
    select distinct target_number as number from steps_20
{%- endmacro %}
