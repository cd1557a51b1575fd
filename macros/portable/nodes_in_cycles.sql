{#- The nodes that lie on a cycle, in a graph in which each node points to exactly one other, so that every
    component has one cycle. nodes: the name of a relation or CTE with the columns component, number
    and target_number. Gives a query with the column number. A walk of as many steps as a component has
    nodes always ends on its cycle; continuing from there until nothing new is found visits all of it. -#}
{% macro nodes_in_cycles(nodes) -%}
    {{ return(adapter.dispatch('nodes_in_cycles')(nodes)) }}
{%- endmacro %}

{% macro duckdb__nodes_in_cycles(nodes) -%}
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
    cycle (number) as (
        select number from walk where steps_left = 0
        union
        select nodes.target_number
        from cycle
        inner join {{ nodes }} as nodes on cycle.number = nodes.number
    )
    select number from cycle
{%- endmacro %}

{#- Spark has no such recursion: from where one step leads follows where two lead, four, eight. After 2^20
    steps, more than any component has nodes, every walk is on a cycle, and every node of a cycle is
    reached. Each doubling joins, at every node, the walks that arrive there with where the node leads. -#}
{% macro spark__nodes_in_cycles(nodes) -%}
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
