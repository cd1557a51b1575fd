{#- The incremental strategy of the durable tables: every row of what this build touches goes, and what
    was built again takes its place, so that rows of things that are no more go too. Which rows a table
    has of a touched thing says its config: meta.touched_by is an expression that gives the touched key,
    or `tasks`; meta.touched_since names the time that touched_from is about. The models say themselves
    that they depend on int_touched_keys, since dbt does not look into this macro for it. -#}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as present
    using {{ touched_things(config.get('meta')) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{#- A relation of what is touched, with the condition under which a row is of it. -#}
{% macro touched_things(meta) -%}
    {%- if meta['touched_by'] == 'tasks' -%}
        {{ built_relation('intermediate', 'int_touched_tasks') }} as touched
        where present.account_sid = touched.account_sid and present.task_sid = touched.task_sid
    {%- else -%}
        {{ built_relation('intermediate', 'int_touched_keys') }} as touched
        where touched.touched_key = {{ meta['touched_by'] }}
        {%- if meta['touched_since'] %}
            and (touched.touched_from is null or {{ meta['touched_since'] }} >= touched.touched_from)
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
