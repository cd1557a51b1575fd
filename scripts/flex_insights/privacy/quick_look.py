"""An SQL condition that holds for every text in which a name may stand, and for few others.

Most events mention nobody who is looked for, and are not taken apart.
"""

from __future__ import annotations

import base64
import json
import re
import string
import sys
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import quote

from flex_insights.sql_text import quoted_text

from flex_insights.privacy.numbers import DASHES, DOTS, is_number, last_digits

# What can stand between two digits of a number in JSON text, encoded or not.
BETWEEN_DIGITS = (
    r"(?:[^0-9A-Za-z]|\\+u[0-9a-fA-F]{4}|\\+[bfnrt]|%(?:25)*[0-9a-fA-F]{2}|&[#0-9A-Za-z]{1,6};"
    r"|_[2-7][0-9A-F]){0,8}"
)
# Three characters of those that numbers are written with, in base64.
BASE64_OF_NUMBER = "[I-P][CDSTijyz][AEIMQUYcgkosw048][g-z0-9+/_-]"
BASE64_OF_GZIP = "H4sI"
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
ASCII_DIGIT = "0011...."
# Dashes, spaces, and what is not seen.
IN_NUMBERS = ("Pd", "Zs", "Cf")
LATIN_BESIDE_DIGITS = (0xA0, 0xAD, 0xB7)


def may_hold(names: set[str], column: str, as_given: Collection[str] = ()) -> str:
    """The condition for names (as in mentions.py) in a column of JSON text.

    `as_given` are spellings of the names that base64 is looked through for.
    """
    if not names:
        return "false"
    patterns, texts, exact = {_hidden(all(map(str.isascii, names)))}, set(), {BASE64_OF_GZIP}
    for name in names:
        if is_number(name):
            threes = max(1, (len(name) - 6) // 3)
            patterns.add(BETWEEN_DIGITS.join(last_digits(name)))
            patterns.add(f"(?:{BASE64_OF_NUMBER}){{{threes}}}")
        else:
            texts |= _spellings(name)
            exact |= _in_base64(name)
    exact = exact.union(*map(_in_base64, as_given))
    if any(map(is_number, names)):
        patterns.add(_foreign_digits())
    conditions = [f"regexp_matches({column}, {quoted_text(pattern)})" for pattern in sorted(patterns)]
    conditions += [f"contains(lower({column}), {quoted_text(text)})" for text in sorted(texts)]
    conditions += [f"contains({column}, {quoted_text(text)})" for text in sorted(exact)]
    return "(" + " or ".join(conditions) + ")"


def _hidden(is_ascii: bool) -> str:
    """A pattern of characters of a name that JSON writes as numbers."""
    # those of ASCII begin with 002 to 007
    return r"\\u00[2-7]" if is_ascii else r"\\u"


@lru_cache
def _foreign_digits() -> str:
    """A pattern of digits that are not ASCII, and of what base64 makes of them and of characters beside
    ASCII digits that are none."""
    digits = [code for code in range(128, sys.maxunicode) if chr(code).isdecimal()]
    in_json = {f"{code:04x}"[:3] for code in digits if code < 0x10000}
    in_json |= {f"{0xD800 + (code - 0x10000 >> 10):04x}" for code in digits if code >= 0x10000}
    in_percent = {re.sub("(..)", r"%(?:25)*\1", beginning.hex()) for beginning in _beginnings(digits)}
    others = [
        code for code in (*LATIN_BESIDE_DIGITS, *range(0x1000, 0x10000))
        if unicodedata.category(chr(code)) in IN_NUMBERS or chr(code) in DASHES + DOTS
    ]
    # two digits in a row, and one character between two ASCII digits
    in_base64 = {_bits(chr(code)) * 2 for code in digits if code < 0x10000}
    in_base64 |= {ASCII_DIGIT + _bits(chr(code)) + ASCII_DIGIT for code in others}
    patterns = {pattern for bits in in_base64 for pattern in _base64_of(bits)}
    return (
        rf"(?i:\\u(?:{'|'.join(sorted(in_json))})|{'|'.join(sorted(in_percent))})"
        rf"|[^\P{{Nd}}0-9]|{'|'.join(sorted(patterns))}"
    )


def _beginnings(codes: list[int]) -> set[bytes]:
    return {chr(code).encode()[:2] for code in codes}


def _bits(character: str) -> str:
    """The bits of a character, of three bytes or more less those in which its neighbours differ."""
    data = character.encode()
    if len(data) == 2 and not character.isdecimal():
        return "".join(f"{byte:08b}" for byte in data)
    return "".join(f"{byte:08b}" for byte in data[:-1]) + "10......"


def _base64_of(bits: str) -> Iterator[str]:
    """Patterns of bits in base64, after 0, 1 or 2 bytes of the same three."""
    for before in range(3):
        shifted = "." * 8 * before + bits
        shifted += "." * (-len(shifted) % 6)
        classes = [_class(shifted[at : at + 6]) for at in range(0, len(shifted), 6)]
        yield "".join(classes).replace(_class("." * 6), "", before)


@lru_cache(None)
def _class(bits: str) -> str:
    """The base64 characters with these bits; a dot is any bit."""
    fitting = [c for i, c in enumerate(BASE64) if re.fullmatch(bits, f"{i:06b}")]
    if "+" in fitting or "/" in fitting:
        fitting += [{"+": "-", "/": "_"}[c] for c in fitting if c in "+/"]
    return f"[{''.join(map(re.escape, fitting))}]"


def _spellings(name: str) -> set[str]:
    """How JSON and addresses write a name, in lower case."""
    once = json.dumps(name)[1:-1]
    twice = json.dumps(once)[1:-1]
    in_url = quote(name, safe="").lower()
    return {name, once, twice, once.replace("/", "\\/"), name.replace("@", "%40"), in_url}


def _in_base64(name: str) -> set[str]:
    """What every base64 text of the name holds, wherever it begins, in some spellings."""
    found = set()
    for spelling in {name, json.dumps(name)[1:-1], name.upper(), name.capitalize()}:
        data = spelling.encode("utf-8", "surrogatepass")
        for before in range(3):
            encoded = base64.b64encode(bytes(before) + data).decode()
            # the first and last characters hold bits of what stands beside
            inner = encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {text for text in found if len(text) >= 4}
