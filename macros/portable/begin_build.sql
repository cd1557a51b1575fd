{#- What has to exist before the first model of a build: on DuckDB the state of the previous build, which
    tables continue from; on Spark, where every build is a full one, the landing zone as tables. -#}
{% macro begin_build() -%}
    {{ return(adapter.dispatch('begin_build')()) }}
{%- endmacro %}

{% macro duckdb__begin_build() -%}
    {%- do begin_incremental_build() -%}
{%- endmacro %}

{% macro spark__begin_build() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- do declare_landing_zone() -%}
    {%- endif -%}
{%- endmacro %}

{#- The Parquet files of the landing zone as tables: LANDING names the folder, which may be one of an object
    storage; by default it is DATA. -#}
{% macro declare_landing_zone() -%}
    {%- set data = env_var('LANDING', '') or env_var('DATA', 'data') -%}
    {#- A relative location would be one in the warehouse. -#}
    {%- set data = data if data.startswith('/') or '://' in data else env_var('PWD') ~ '/' ~ data -%}
    {%- set position_and_load = 'position bigint, load_id bigint, loaded_at timestamp_ntz' -%}
    {%- for name, format, columns, folder in [
        ('raw.events', 'parquet', 'landing_id bigint, account_sid string, event string, form string, '
            ~ 'source_file string, element bigint, ' ~ position_and_load, 'raw'),
        ('rejected.rejects', 'parquet', 'text string, source_file string, reason string, '
            ~ position_and_load, 'rejected'),
        ('raw.kept_since', 'binaryFile', '', 'kept_since'),
    ] -%}
        {%- do run_query('create schema if not exists ' ~ name.split('.')[0]) -%}
        {%- do run_query('drop table if exists ' ~ name) -%}
        {%- do run_query(
            'create table ' ~ name ~ (' (' ~ columns ~ ')' if columns else '') ~ ' using ' ~ format
            ~ " options (recursiveFileLookup 'true') location '" ~ data ~ '/' ~ folder ~ "'"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
