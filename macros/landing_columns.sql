{#- The columns of the landing zone that every staged event keeps. -#}
{% macro landing_columns() -%}
    landing_id, account_sid, form, source_file, load_id, loaded_at
{%- endmacro %}
