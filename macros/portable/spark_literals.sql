{#- dbt's own ways of writing values into SQL for Spark, which dbt looks for here first. -#}

{#- The rows of a seed. dbt-spark would write an empty cell as the word None. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for value in row -%}
            {%- set name = agate_table.column_names[loop.index0] -%}
            {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
            {%- set literal = 'null' if value is none else text_literal(value | string) -%}
            {%- do cells.append('cast(' ~ literal ~ ' as ' ~ type ~ ')') -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- if rows -%}
        {%- set insert = 'insert into ' ~ this.render() ~ ' values ' ~ rows | join(', ') -%}
        {%- do adapter.add_query(insert, abridge_sql_log=True) -%}
        {{ return(insert) }}
    {%- endif -%}
{%- endmacro %}

{#- The texts in the rows of a unit test: a backslash is one here. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ return(expression | replace("\\", "\\\\") | replace("'", "\\'")) }}
{%- endmacro %}
