{#- Each attribute text is stored and parsed once, under the hash of the text. Empty attributes ({} or
    blank, as redaction leaves them) have no key. -#}
{% macro attributes_key(text) -%}
    case
        when {{ is_match(text, '^\\s*([{]\\s*[}]\\s*)?$') }} then null
        else md5({{ text }})
    end
{%- endmacro %}
