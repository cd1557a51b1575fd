{#- The columns of the landing zone that every staged event keeps. -#}
{% macro landing_columns() -%}
    account_sid, form, source_file, position, element, load_id, loaded_at
{%- endmacro %}
