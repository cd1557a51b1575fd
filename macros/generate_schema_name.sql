{#- Schemas are named exactly as configured, without the target's schema in front:
    BI tools and scripts rely on `staging`, `intermediate` and `marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
