"""What a text says once its encodings are taken away: percent, JSON, HTML, base64, gzip in base64."""

from __future__ import annotations

import base64
import binascii
import html
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from flex_insights.loading.wrappings import texts_inside

LEVELS = 8
MAX_DECODED = 64 << 20  # bytes out of one text

JSON_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
JSON_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# How Twilio writes + and @ in a client's identity: ann_40example_2Ecom.
IDENTITY_ESCAPE = re.compile(r"_([2-7][0-9A-F])")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
GZIP = b"\x1f\x8b"


def readings(text: str) -> Iterator[str]:
    """The text, and each text that it holds encoded, in any number of steps up to LEVELS.

    With them come the texts that the loader would find inside it.
    """
    unwrapped = {text, *texts_inside(text)}
    waiting, seen, left = [(inner, 0) for inner in unwrapped], unwrapped, MAX_DECODED
    while waiting:
        text, level = waiting.pop()
        yield text
        if level == LEVELS:
            continue
        for inner in _decoded(text, left):
            if inner not in seen and left > 0:
                left -= len(inner)
                seen.add(inner)
                waiting.append((inner, level + 1))


def _decoded(text: str, most: int) -> Iterator[str]:
    """What one step of decoding makes of a text."""
    if "%" in text:
        yield unquote(text)
    if "+" in text and "=" in text:
        yield unquote_plus(text)
    if "\\" in text:
        yield _without_json_escapes(text)
    if "&" in text:
        yield html.unescape(text)
    if "_" in text:
        yield IDENTITY_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    for found in BASE64.finditer(text):
        # a path has slashes, and an identifier dashes, of its own
        for piece in {found[0], *re.split(r"[/_-]", found[0])}:
            if len(piece) >= 8 and (inner := _from_base64(piece, most)):
                yield inner


def _without_json_escapes(text: str) -> str:
    plain = JSON_ESCAPE.sub(_json_character, text)
    # two halves of one character
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _json_character(match: re.Match) -> str:
    escape = match[1]
    if escape[0] == "u":
        return chr(int(escape[1:], 16))
    return JSON_CHARACTERS.get(escape, escape)


def _from_base64(word: str, most: int) -> str:
    """The text that a word encodes; empty if it encodes none."""
    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        if data.startswith(GZIP):
            data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, max(most, 1))
        text = data.decode()
    except (binascii.Error, ValueError, zlib.error):
        return ""
    return text if _is_readable(text) else ""


def _is_readable(text: str) -> bool:
    # most words decode to something; few of them to text
    return not any(ord(character) < 32 and character not in "\t\n\r" for character in text[:200])
