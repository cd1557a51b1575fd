{#- The moment (UTC) before which `make expire` has removed what was older; null if it never has. It is
    the name of a file, since that can be missing. -#}
{% macro kept_since() -%}
    {{ return(adapter.dispatch('kept_since')()) }}
{%- endmacro %}

{% macro duckdb__kept_since() -%}
    (
        select max(strptime(parse_filename(file), '%Y-%m-%dT%H%M%S'))
        from glob('{{ env_var('DATA', 'data') }}/kept_since/*')
    )
{%- endmacro %}

{#- Its table lists the files of a folder; begin_build declares it. -#}
{% macro spark__kept_since() -%}
    (
        select max(to_timestamp_ntz(regexp_extract(path, r'([^/]+)\z', 1), "yyyy-MM-dd'T'HHmmss"))
        from raw.kept_since
    )
{%- endmacro %}
