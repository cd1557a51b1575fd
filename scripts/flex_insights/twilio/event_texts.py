"""Cuts JSON that holds several events into the text of each, verbatim."""

from __future__ import annotations

from flex_insights.loading.splitter import Splitter

LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


def event_texts(json_text: str) -> list[str] | None:
    """The objects of an array or page, or the one that the text is; None if it holds anything else.

    Each fits on a line: line ends, which JSON has only between its values, become blanks.
    """
    found = Splitter().feed(json_text.encode("utf-8", "replace"), is_last=True)
    if found.rejects:
        return None
    return [text.translate(LINE_ENDS).decode() for text in found.objects]
