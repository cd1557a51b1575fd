"""The one rule of wrappings: from a text or value that is no event, an event is looked for inside.

It knows no vendors: values of objects and elements of arrays are looked into, and texts that read as
JSON, as a form body, as base64 of these (gzip inside it too), or as a line of a log that ends in JSON.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flex_insights.loading import reasons
from flex_insights.loading.json_values import COLON, SEPARATORS, Damaged, Incomplete, decode
from flex_insights.loading.spelling import FAMILIES, claims_to_be_event

MAX_LEVELS = 8
MAX_DECODED_BYTES = 64 << 20
MAX_STARTS = 20
SHORTEST_EVENT = 40
# Without the name of a type, or base64 long enough to hide one, no event can be in a text. The
# backslash is there since JSON may escape slashes, and line breaks in base64.
TYPE_NAME = rf"com[.]twilio[.]taskrouter[.]|({FAMILIES})[.][a-z]"
LONG_BASE64 = r"[A-Za-z0-9+/_\\-]{100}"
# For Arrow, which looks through many texts at once.
SIGNS = rf"{TYPE_NAME}|{LONG_BASE64}"

_type_name = re.compile(TYPE_NAME)
# Python would try anew at each character of a run.
_long_base64 = re.compile(rf"(?<![A-Za-z0-9+/_\\-]){LONG_BASE64}")
_base64 = re.compile(r"[A-Za-z0-9+/_-]{100,}={0,2}")
_form_body = re.compile(r"[^\s=&]+=[^\s&]*(&[^\s=&]+=[^\s&]*)*&?")
_start = re.compile(r"[{\[]")
# What logs put before an object: [2026-03-02 09:00:00], [INFO], {thread 7}.
_bracketed = re.compile(rb"[ \t]*[\[{][ \t]*[^\s\[{\"\]}]")
_GZIP = b"\x1f\x8b"
_STANDARD_ALPHABET = str.maketrans("-_", "+/")
_BLANK = " \t\r\n\ufeff"


@dataclass
class Inside:
    """A text that was found inside another; with a `reason` it is a reject as it stands."""

    text: str
    reason: str = ""


class _Value(NamedTuple):
    """A JSON value and where it stands: text[start:end]."""

    value: Any
    text: str
    start: int
    end: int

    @property
    def verbatim(self) -> str:
        return self.text[self.start : self.end]


def may_hold_event(text: str) -> bool:
    """Whether it is worth looking: a quick test of the whole text."""
    if len(text) < SHORTEST_EVENT:
        return False
    return bool(_type_name.search(text) or _long_base64.search(text))


def look_into(text: str) -> list[Inside]:
    """What claims to be an event inside a text, in its order; empty if nothing does.

    With it comes what would be lost otherwise: elements of an array that hold no event where
    another does, and deleted rows of change capture. All of it still has to be recognised.
    """
    return _Search().in_text(text, 0)


def holds_event(text: str) -> bool:
    """Whether something in a text, or all of it, claims to be an event."""
    return any(not found.reason for found in look_into(text))


def is_log_line(line: bytes) -> bool:
    """Whether a line that begins with a bracket is no JSON and has an event at its end."""
    if not _bracketed.match(line):
        return False
    text = line.decode("latin-1").strip(_BLANK)
    return not _values_to_end(text, 0) and holds_event(text)


def may_go_on(line: str) -> bool:
    """Whether a line would read otherwise with more text behind it: it ends within a value."""
    for start in islice(_start.finditer(line), MAX_STARTS):
        try:
            at = start.start()
            while at < len(line):
                at = SEPARATORS.match(line, decode(line, at)[1]).end()
            return False
        except Incomplete:
            return True
        except Damaged:
            pass
    return False


def texts_inside(text: str) -> Iterator[str]:
    """Every text inside a text, names of objects included, as deep as the loader looks.

    A text that is read (JSON, a form body, base64, the end of a line) comes decoded.
    """
    yield from _Search().texts_of_text(text, 0)


class _Search:
    """Looks through one text; the room for what it decodes shrinks."""

    def __init__(self) -> None:
        self._room = MAX_DECODED_BYTES

    def in_text(self, text: str, level: int) -> list[Inside]:
        if not may_hold_event(text):
            return []
        values = self._read(text)
        return self._in_values(values, level, are_elements=len(values) > 1)

    def _in_values(
        self, values: list[_Value], level: int, are_elements: bool
    ) -> list[Inside]:
        found = [self._in_value(value, level) for value in values]
        if are_elements and any(found):
            found = [inside or [_without_event(v)] for inside, v in zip(found, values)]
        return [inside for part in found for inside in part]

    def _in_value(self, value: _Value, level: int) -> list[Inside]:
        inner = value.value
        if isinstance(inner, str):
            return self.in_text(inner, level) if self._take(inner) else []
        if isinstance(inner, dict):
            if claims_to_be_event(inner):
                return [Inside(value.verbatim)]
            if inner.get("op") == "d":
                return [Inside(value.verbatim, reasons.DELETED_ROW)]
            flat = _flattened(inner)
            if flat and claims_to_be_event(flat):
                return [Inside(_json(flat))]
        if not isinstance(inner, (dict, list)) or level == MAX_LEVELS:
            return []
        if level and not may_hold_event(value.verbatim):
            return []
        return self._in_values(_parts(value), level + 1, are_elements=isinstance(inner, list))

    def texts_of_text(self, text: str, level: int) -> Iterator[str]:
        for value in self._read(text):
            if value.text is not text:
                yield value.text
            yield from self._texts_of_value(value.value, level)

    def _texts_of_value(self, value: Any, level: int) -> Iterator[str]:
        if isinstance(value, str):
            yield value
            if self._take(value):
                yield from self.texts_of_text(value, level)
        elif isinstance(value, (dict, list)) and level < MAX_LEVELS:
            if isinstance(value, dict):
                yield from value
            for inner in value.values() if isinstance(value, dict) else value:
                yield from self._texts_of_value(inner, level + 1)

    def _read(self, text: str) -> list[_Value]:
        """The values that a text reads as; none if it reads as nothing."""
        text = text.strip(_BLANK)
        if text[:1] in ("{", "[", '"') and (values := _values_to_end(text, 0)):
            return values
        if "=" in text and _form_body.fullmatch(text):
            if event := _read_form(text):
                written = _json(event)
                return [_Value(event, written, 0, len(written))]
        if (decoded := self._decode(text)) is not None:
            return self._read(decoded)
        for start in islice(_start.finditer(text), MAX_STARTS):
            if values := _values_to_end(text, start.start()):
                return values
        return []

    def _decode(self, text: str) -> str | None:
        compact = "".join(text.split())
        if not _base64.fullmatch(compact):
            return None
        compact = compact.rstrip("=").translate(_STANDARD_ALPHABET)
        try:
            data = base64.b64decode(compact + "=" * (-len(compact) % 4))
            if data.startswith(_GZIP):
                data = zlib.decompressobj(31).decompress(data, self._room + 1)
        except (binascii.Error, zlib.error):
            return None
        return data.decode("utf-8", "surrogateescape") if self._take(data) else None

    def _take(self, decoded: str | bytes) -> bool:
        """Whether there is room for what was decoded; then it is taken up."""
        if len(decoded) > self._room:
            return False
        self._room -= len(decoded)
        return True


def _without_event(value: _Value) -> Inside:
    if isinstance(value.value, dict):
        return Inside(value.verbatim)
    is_array = isinstance(value.value, list)
    return Inside(value.verbatim, reasons.ARRAY_WITHOUT_EVENT if is_array else reasons.SCALAR)


def _values_to_end(text: str, at: int) -> list[_Value]:
    """The JSON values that follow one another from a place to the end; none if others are between."""
    values = []
    try:
        while at < len(text):
            value, end = decode(text, at)
            values.append(_Value(value, text, at, end))
            at = SEPARATORS.match(text, end).end()
    except (Incomplete, Damaged):
        return []
    return values


def _parts(value: _Value) -> list[_Value]:
    """The values of an object, or the elements of an array."""
    parts, text = [], value.text
    is_object = isinstance(value.value, dict)
    at = SEPARATORS.match(text, value.start + 1).end()
    while text[at] not in "}]":
        if is_object:
            _, at = decode(text, at)
            at = COLON.match(text, at).end()
        part, end = decode(text, at)
        parts.append(_Value(part, text, at, end))
        at = SEPARATORS.match(text, end).end()
    return parts


def _read_form(text: str) -> dict[str, str]:
    """The fields of a form body; of a name that stands twice, the first counts."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name, value)
    return fields if "EventType" in fields else {}


def _flattened(value: dict) -> dict[str, str]:
    """A query string as parsers give it, a list of texts a name; empty if it is something else."""
    lists = value.values()
    is_query = all(isinstance(v, list) and len(v) == 1 and isinstance(v[0], str) for v in lists)
    return {name: texts[0] for name, texts in value.items()} if is_query else {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
