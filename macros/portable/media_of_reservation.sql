{#- The `media` of one reservation out of the JSON text of `reservation_attributes`; null where it is
    absent or empty, or the text is no JSON object. The SID stands in a pointer, so its ~ and / are
    escaped. -#}
{% macro media_of_reservation(text, reservation_sid) -%}
    {{ return(adapter.dispatch('media_of_reservation')(text, reservation_sid)) }}
{%- endmacro %}

{% macro duckdb__media_of_reservation(text, reservation_sid) -%}
    case
        when {{ is_json_object(text) }}
            then nullif(json_extract_string(
                {{ text }},
                '/' || replace(replace({{ reservation_sid }}, '~', '~0'), '/', '~1') || '/media'
            ), '')
    end
{%- endmacro %}

{% macro spark__media_of_reservation(text, reservation_sid) -%}
    case
        when {{ is_json_object(text) }}
            then transform(
                array({{ spark_from_json(text, 'map<string,string>') }}[{{ reservation_sid }}]),
                object -> nullif({{ spark_json_map('object', is_inside=true) }}['media'], '')
            )[0]
    end
{%- endmacro %}
