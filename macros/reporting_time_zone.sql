{#- The IANA name of the zone that dates and times of the marts are shown in. The name stands in SQL,
    so anything that is no zone name is refused. -#}
{% macro reporting_time_zone() -%}
    {%- set zone = var('reporting_time_zone') or env_var('REPORTING_TIME_ZONE', 'UTC') or 'UTC' -%}
    {%- if not modules.re.fullmatch('[A-Za-z0-9_+/-]+', zone) -%}
        {{ exceptions.raise_compiler_error(
            "REPORTING_TIME_ZONE is '" ~ zone ~ "': give the IANA name of a time zone, such as Europe/Berlin."
        ) }}
    {%- endif -%}
    {{ return(zone) }}
{%- endmacro %}
