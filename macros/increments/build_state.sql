{#- Which loads the tables hold, and whether the last build was completed. If it was not (killed, or only
    some of the models), or if settings, seeds or models have changed, the next build rebuilds everything.
    `build_id` names the last build that changed something; `follows` the one whose tables the last build
    started from: null if it rebuilt everything, `build_id` itself if there was nothing new. From these,
    publishing knows whether int_touched_keys covers everything that changed since a file was published. -#}
{% macro build_state() -%}
    {{ return(built_relation('staging', 'build_state')) }}
{%- endmacro %}

{#- A relation by its name, where ref() cannot be used. -#}
{% macro built_relation(schema, name) -%}
    {{ return(api.Relation.create(database=target.database, schema=schema, identifier=name)) }}
{%- endmacro %}

{#- What the tables were built with. FLEX_INSIGHTS_CODE is a hash of code and settings, set by `make build`, since
    dbt itself does not notice all changes. -#}
{% macro build_fingerprint() -%}
    {%- set parts = [reporting_time_zone(), dbt_version] -%}
    {%- for name in [
        'available_activities', 'offline_activities', 'sla_threshold', 'short_abandoned_threshold',
        'sla_counts_abandons', 'repeat_contact_days',
    ] -%}
        {%- do parts.append(name ~ '=' ~ tojson(var(name))) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
        {%- if node.resource_type in ['model', 'seed'] -%}
            {%- do parts.append(node.unique_id ~ '=' ~ node.checksum.checksum) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join(';'))) }}
{%- endmacro %}

{% macro models_of_the_graph() -%}
    {{ return(
        graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | map(attribute='unique_id') | list
    ) }}
{%- endmacro %}

{% macro begin_incremental_build() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set state = build_state() -%}
        {%- do adapter.create_schema(state) -%}
        {%- do run_query(
            'create table if not exists ' ~ state
            ~ ' (processed_load_id bigint, fingerprint varchar, code varchar, is_complete boolean,'
            ~ ' build_id varchar, follows varchar)'
        ) -%}
        {%- set rows = run_query('select * from ' ~ state).rows -%}
        {%- set code = env_var('FLEX_INSIGHTS_CODE', '') -%}
        {%- set reason = none -%}
        {%- if not rows -%}
            {%- set reason = 'nothing has been built here before' -%}
        {%- elif flags.FULL_REFRESH -%}
            {%- set reason = 'a full refresh was requested' -%}
        {%- elif not rows[0]['is_complete'] -%}
            {%- set reason = 'the last build was not completed' -%}
        {%- elif rows[0]['fingerprint'] != build_fingerprint() or (code and rows[0]['code'] != code) -%}
            {%- set reason = 'settings, seeds or models have changed' -%}
        {%- endif -%}
        {%- if reason -%}
            {%- do log('Rebuilding everything: ' ~ reason ~ '.', info=true) -%}
            {%- do forget_what_was_built() -%}
            {%- do drop_what_no_model_makes() -%}
        {%- endif -%}
        {%- do run_query(
            'update ' ~ state ~ " set is_complete = false, fingerprint = '" ~ build_fingerprint()
            ~ "', code = '" ~ code ~ "'"
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro forget_what_was_built() -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.config.materialized == 'incremental' -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation -%}
            {%- do adapter.drop_relation(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do run_query('delete from ' ~ build_state()) -%}
    {%- do run_query('insert into ' ~ build_state() ~ ' values (-1, null, null, false, null, null)') -%}
{%- endmacro %}

{#- An earlier version of the project had models of other names. -#}
{% macro drop_what_no_model_makes() -%}
    {%- set made = [build_state() | string] -%}
    {%- set schemas = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] -%}
        {%- do made.append(built_relation(node.schema, node.alias) | string) -%}
        {%- do schemas.append("'" ~ node.schema ~ "'") -%}
    {%- endfor -%}
    {%- set present = run_query(
        'select table_schema, table_name from information_schema.tables'
        ~ ' where table_catalog = current_database()'
        ~ ' and table_schema in (' ~ schemas | unique | join(', ') ~ ')'
    ).rows -%}
    {%- for schema, name in present if built_relation(schema, name) | string not in made -%}
        {%- do adapter.drop_relation(adapter.get_relation(target.database, schema, name)) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro finish_incremental_build(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set built = results | selectattr('status', 'equalto', 'success')
            | map(attribute='node.unique_id') | list -%}
        {%- if models_of_the_graph() | reject('in', built) | list | length == 0 -%}
            {%- set new_loads = built_relation('staging', 'stg_new_loads') -%}
            {%- do run_query(
                'update ' ~ build_state() ~ ' set is_complete = true, follows = build_id, build_id = '
                ~ 'case when build_id is null or exists (select 1 from ' ~ new_loads ~ ") then '"
                ~ invocation_id ~ "' else build_id end, processed_load_id = greatest("
                ~ 'processed_load_id, (select coalesce(max(load_id), -1) from ' ~ new_loads ~ '))'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
