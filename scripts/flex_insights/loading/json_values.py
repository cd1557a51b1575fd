"""Where JSON values begin and end in a text, and why one cannot be read.

The decoder of Python's library, written in C, does the work; what it decodes is thrown
away. Text is decoded from bytes as Latin-1: JSON's structure is ASCII, a character then is
a byte, and bad UTF-8 inside a value is left for others to judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flex_insights.loading import reasons

BLANK = b" \t\r\n"
SEPARATORS = re.compile(r"[ \t\r\n,]*")
COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
PAGE_HEAD = re.compile(r'\{[ \t\r\n]*"events"[ \t\r\n]*:[ \t\r\n]*\[')
# What may be left at the place of an error where the text was cut off inside a token.
CUT_NUMBER = re.compile(r"\.|[eE][+-]?")
CUT_ESCAPE = re.compile(r"\\?u?[0-9a-fA-F]{0,4}")
LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
LONGEST_CUT_TOKEN = max(map(len, LITERALS))
# Keys that only events have at their top.
EVENT_KEYS = ("EventType", "event_type", "specversion")

_decoder = json.JSONDecoder()
# Takes integers of thousands of digits, which Python refuses to reckon with.
_patient_decoder = json.JSONDecoder(parse_int=str)


class Incomplete(Exception):
    """The text ends before the value does."""


class Damaged(Exception):
    """No JSON value stands here; the message is the reason."""


def decode(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at `at`, and the place after it.

    Raises Incomplete if more text might complete it, Damaged if none can.
    """
    try:
        try:
            return _decoder.raw_decode(text, at)
        except ValueError as error:
            if isinstance(error, json.JSONDecodeError):
                raise
            return _patient_decoder.raw_decode(text, at)
    except RecursionError:
        raise Damaged(reasons.TOO_DEEP) from None
    except json.JSONDecodeError as error:
        if _is_cut(error, text):
            raise Incomplete from None
        raise Damaged(_reason(error, text, at)) from None


def _is_cut(error: json.JSONDecodeError, text: str) -> bool:
    if error.msg.startswith("Unterminated string"):
        return True
    left = text[error.pos : error.pos + LONGEST_CUT_TOKEN + 1].strip(" \t\r\n")
    if "escape" in error.msg:
        return CUT_ESCAPE.fullmatch(left) is not None
    if "delimiter" in error.msg and CUT_NUMBER.fullmatch(left):
        return True
    return any(literal.startswith(left) and literal != left for literal in LITERALS)


def _reason(error: json.JSONDecodeError, text: str, at: int) -> str:
    here = text[error.pos : error.pos + 1]
    if here == "\0":
        return reasons.NUL_BYTE
    if error.msg.startswith("Invalid control character"):
        return reasons.CONTROL_CHARACTER
    if error.pos == at and here not in "{}[]:,":
        return reasons.PLAIN_TEXT
    return reasons.NOT_JSON


def is_page(value: Any) -> bool:
    """Whether a value is a page of events, as list requests of the REST API give them."""
    if not isinstance(value, dict) or any(key in value for key in EVENT_KEYS):
        return False
    return isinstance(value.get("events"), list)


def is_like_an_event(value: Any) -> bool:
    """Whether an object found amid damaged text is an event, and not a part of one."""
    return isinstance(value, dict) and any(key in value for key in EVENT_KEYS)


def place_of_events(text: str, at: int) -> int | None:
    """The place after the '[' of a page's events, if the object at `at` may be a page.

    Nothing behind that '[' is looked at: a page may be larger than the text at hand.
    """
    for key, at in _members(text, at):
        if key == "events" and text[at : at + 1] == "[":
            return at + 1
        if key in EVENT_KEYS:
            return None
    return None


def begins_as_event(text: str, at: int) -> bool:
    """Whether the object at `at` has a key of an event, as far as the text at hand tells."""
    return any(key in EVENT_KEYS for key, _ in _members(text, at))


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Keys of the object at `at` with the places of their values, as far as it can be read."""
    at += 1
    try:
        while True:
            at = SEPARATORS.match(text, at).end()
            if text[at : at + 1] != '"':
                return
            key, at = decode(text, at)
            at = after_colon(text, at)
            yield key, at
            _, at = decode(text, at)
    except (Incomplete, Damaged):
        return


def after_colon(text: str, at: int) -> int:
    """The place after a colon and the blanks around it. Raises Incomplete or Damaged."""
    match = COLON.match(text, at)
    if match:
        return match.end()
    if text[at:].strip(" \t\r\n"):
        raise Damaged(reasons.NOT_JSON)
    raise Incomplete


def why_unreadable(value: bytes) -> str:
    """Why DuckDB cannot read a value whose beginning and end are known."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return reasons.BAD_UTF8
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
        if not isinstance(value, dict):
            return reasons.SCALAR
    except UnicodeEncodeError:
        return reasons.LONE_SURROGATE
    except (ValueError, RecursionError):
        pass
    return reasons.NOT_JSON
