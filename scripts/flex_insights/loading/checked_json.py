"""JSON files that end with a checksum, so that damage is found and never taken for content."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

CHECKSUM = re.compile(r', "sha256": "([0-9a-f]{64})"\}$')


class Damaged(ValueError):
    """A file is not as it was written."""


def write_checked(path: Path, content: dict) -> None:
    """Writes an object of at least one key, which must not be sha256."""
    text = json.dumps(content)
    path.write_text(f'{text[:-1]}, "sha256": "{_checksum(text)}"}}', "utf-8")


def read_checked(path: Path) -> dict:
    """What write_checked wrote, or any object without a checksum, as earlier versions wrote them.

    Raises Damaged if the content is not as it was written, and OSError.
    """
    try:
        text = path.read_text("utf-8")
        if found := CHECKSUM.search(text):
            body = text[: found.start()] + "}"
            if _checksum(body) != found[1]:
                raise Damaged(path)
            text = body
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Damaged(path) from None
    if not isinstance(content, dict):
        raise Damaged(path)
    return content


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
