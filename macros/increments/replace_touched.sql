{#- The incremental strategy of the durable tables: every row of what this build touches goes, and what
    was built again takes its place, so that rows of things that are no more go too. Which rows a table
    has of a touched thing says its config: meta.touched_by is an expression that gives the touched key,
    `segments` where a row belongs to a row of fct_segments, or `tasks`. The models say themselves that they
    depend on int_touched_keys, since dbt does not look into this macro for it. -#}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ is_of_something_touched(config.get('meta')['touched_by']) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{% macro is_of_something_touched(touched_by) -%}
    {%- set touched = '(select touched_key from ' ~ built_relation('intermediate', 'int_touched_keys') ~ ')' -%}
    {%- if touched_by == 'segments' -%}
        {%- set segments = built_relation('marts', 'fct_segments') -%}
        segment_key not in (select segment_key from {{ segments }})
        or segment_key in (
            select segment_key from {{ segments }}
            where coalesce(conversation_key, agent_key) in {{ touched }}
        )
    {%- elif touched_by == 'tasks' -%}
        (account_sid, task_sid) in (
            select account_sid, task_sid from {{ built_relation('intermediate', 'int_touched_tasks') }}
        )
    {%- else -%}
        {{ touched_by }} in {{ touched }}
    {%- endif -%}
{%- endmacro %}
