"""Supplied values and intervals as the truth reads them."""

from __future__ import annotations

from math import floor, isfinite


def seconds(start: int | None, end: int | None) -> int | None:
    """Return the whole seconds between two epoch ms, each cut to the second; never negative."""
    return None if start is None or end is None else max(end // 1000 - start // 1000, 0)


def number(value) -> float | None:
    """Return a supplied value as a number, or None if it is not a finite number."""
    try:
        read = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return None
    return read if read is not None and isfinite(read) else None


def whole(value) -> int | None:
    """Return a supplied duration in seconds, rounded half up; negative ones are empty."""
    read = number(value)
    return None if read is None or read < 0 else floor(read + 0.5)


def text(value) -> str | None:
    """Return a supplied text, cut to 128 characters; empty is None."""
    return None if value is None or value == "" else str(value)[:128]


def capital(value) -> str | None:
    """Return a text with a capital first letter."""
    return value[:1].upper() + value[1:] if value else None


def mark(row: dict, name: str) -> None:
    """Mark a column of a row as one that the rules leave open."""
    before = row.get("unstated")
    row["unstated"] = f"{before},{name}" if before else name
