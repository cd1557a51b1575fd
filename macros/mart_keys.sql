{#- A key of the marts: a hash of the account and the id within it; null if there is no id. -#}
{% macro key_in_account(value, account='account_sid') -%}
    case when {{ value }} is not null then {{ surrogate_key([account, value]) }} end
{%- endmacro %}

{#- Minute of the day of a local timestamp. -#}
{% macro minute_of_day(local_time) -%}
    cast(extract(hour from {{ local_time }}) * 60 + extract(minute from {{ local_time }}) as integer)
{%- endmacro %}

{#- Columns that one part of a union lacks. -#}
{% macro nulls(type, names) -%}
    {%- for name in names %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The key of a task, where rows are replaced task by task. -#}
{% macro task_key() -%}
    {{ surrogate_key(["'task'", 'account_sid', 'task_sid']) }}
{%- endmacro %}

{#- The segment key of a reservation. -#}
{% macro reservation_segment_key(reservation='reservation_sid', account='account_sid') -%}
    {{ surrogate_key(["'reservation'", account, reservation]) }}
{%- endmacro %}
