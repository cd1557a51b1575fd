{#- Whole seconds from one UTC timestamp to another: both ends are cut to the second, then subtracted;
    never negative; null if either end is null (greatest() alone would pass over a null).
    DuckDB's date_diff counts the boundaries of seconds crossed, which is just that; Spark's rounds, so
    it must not be used there. -#}
{% macro seconds_between(started, ended) -%}
    {{ return(adapter.dispatch('seconds_between')(started, ended)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(started, ended) -%}
    case
        when date_diff('second', {{ started }}, {{ ended }}) < 0 then 0
        else date_diff('second', {{ started }}, {{ ended }})
    end
{%- endmacro %}

{% macro spark__seconds_between(started, ended) -%}
    case
        when unix_seconds({{ ended }}) < unix_seconds({{ started }}) then 0
        else unix_seconds({{ ended }}) - unix_seconds({{ started }})
    end
{%- endmacro %}
