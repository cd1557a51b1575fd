{#- The incremental strategy of the durable tables: all rows of a touched key are deleted and the rebuilt
    ones inserted, so that rows of things that no longer exist go too. A table's config says which of its
    rows belong to a touched key: meta.touched_by is an expression that gives the key, or `tasks`;
    meta.touched_since names the time column that touched_from refers to. Models that use it declare
    themselves that they depend on int_touched_keys, since dbt does not look for it in this macro. -#}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as present
    using {{ touched_things(config.get('meta')) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{#- The relation of what is touched, and the condition that a present row belongs to it. -#}
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
