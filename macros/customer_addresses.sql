{#- An address that identifies a customer: without the prefix whatsapp:, and null where it stands for a
    caller who withholds the number. -#}
{% macro identifying_address(address) -%}
    case
        when {{ is_match(
            'lower(' ~ address ~ ')',
            '^([a-z]+:)?[+]?('
            ~ '(anonymous|restricted|unknown|unavailable)(@.*)?'
            ~ '|266696687|7378742833|2562533|8656696|86282452253'
            ~ ')$'
        ) }} then null
        when lower({{ address }}) like 'whatsapp:%' then nullif(substring({{ address }}, 10), '')
        else {{ address }}
    end
{%- endmacro %}

{#- Digits, perhaps after a plus sign. -#}
{% macro is_number_address(address) -%}
    {{ is_match(address, '^[+]?[0-9]+$') }}
{%- endmacro %}

{#- An address rather than a display name. -#}
{% macro is_address(address) -%}
    ({{ is_number_address(address) }} or {{ address }} like '%@%' or {{ address }} like '%:%')
{%- endmacro %}

{#- E-mail addresses compare without letter case; those with a scheme (sip:) are no e-mail. -#}
{% macro customer_id_of(address) -%}
    case
        when {{ address }} like '%@%' and {{ address }} not like '%:%' then {{ lower_case(address) }}
        else {{ address }}
    end
{%- endmacro %}

{#- The customer's columns that come from the attribute of the same name alone. -#}
{% macro customer_columns_as_supplied() -%}
    {{ return([
        'region', 'area', 'geo_location', 'category', 'customer_manager', 'gender',
        'market_segment', 'organization', 'year_of_birth', 'customer_link',
        'customer_attribute_1', 'customer_attribute_2', 'customer_attribute_3',
        'customer_label_1', 'customer_label_2', 'customer_label_3',
        'acquisition_date', 'acquisition_cost', 'business_value',
    ]) }}
{%- endmacro %}
