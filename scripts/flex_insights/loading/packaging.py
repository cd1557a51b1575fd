"""Whether a file is line-based, one value a line, or one document."""

from __future__ import annotations

from flex_insights.loading.json_values import BLANK, SEPARATORS, Damaged, Incomplete, decode, is_page
from flex_insights.loading.wrappings import is_log_line

LINES_LOOKED_AT = 20


def is_line_based(start: bytes, is_all: bool) -> bool:
    """Decides from the start of a file; `is_all` if that is the whole file.

    A first line that is complete in itself tells. If it is not, it is a damaged line or the
    beginning of a document, which is an object or array: then the lines after it tell, most
    of which are complete in a line-based file, and hardly any in a printed document.
    """
    lines = [line for line in _complete_lines(start, is_all) if line.strip(BLANK)]
    if not lines:
        return False
    if not lines[0].lstrip(BLANK).startswith((b"{", b"[")) or is_log_line(lines[0]):
        return True
    if len(lines) == 1 and is_all:
        return _values(lines[0]) == ["object"]
    if _values(lines[0]):
        return True
    complete = sum(bool(_values(line)) for line in lines[1:])
    return complete > len(lines) - 1 - complete


def _complete_lines(start: bytes, is_all: bool) -> list[bytes]:
    lines = start.split(b"\n", 4 * LINES_LOOKED_AT)
    if not is_all or len(lines) > 4 * LINES_LOOKED_AT:
        lines.pop()
    return lines[: LINES_LOOKED_AT + 1]


def _values(line: bytes) -> list[str]:
    """Kinds of the values on a line; none if it is not made of complete values."""
    text = line.decode("latin-1").strip(" \t\r\n")
    kinds, at = [], 0
    try:
        while at < len(text):
            value, at = decode(text, at)
            is_object = isinstance(value, dict) and not is_page(value)
            kinds.append("object" if is_object else "other")
            at = SEPARATORS.match(text, at).end()
    except (Incomplete, Damaged):
        return []
    # The separators after a value let a trailing comma pass: an array with an element a line.
    return [] if text.endswith(",") else kinds
