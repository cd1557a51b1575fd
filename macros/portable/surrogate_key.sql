{#- A text hash of several values: the same for ever and on every engine. Each part is written with its
    length in front, so that no two lists of parts read alike; a null part counts as empty.
    Timestamps go in as milliseconds_since_epoch. -#}
{% macro surrogate_key(parts) -%}
    md5(
        {%- for part in parts %}
        {% if not loop.first %}|| {% endif -%}
        cast(length(coalesce(cast({{ part }} as {{ text_type() }}), '')) as {{ text_type() }})
        || ':' || coalesce(cast({{ part }} as {{ text_type() }}), '')
        {%- endfor %}
    )
{%- endmacro %}
