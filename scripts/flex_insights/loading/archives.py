"""Files in zip archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from flex_insights.loading import reasons
from flex_insights.loading.streams import EventStream

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
EXCEL = "[Content_Types].xml"
IS_ENCRYPTED = 1
READ_BYTES = 16 << 20
# What is read from its end has to fit into memory where it is packed itself.
MAX_PACKED_BYTES = 1 << 30


class NoArchive(Exception):
    """An archive that cannot be read; the message is the reason."""


def members_of(path: str, stream: EventStream) -> Iterator[tuple[str, Callable[[], BinaryIO]]]:
    """Name and opener of each file in an archive but hidden ones. Raises NoArchive.

    `stream` is the archive's, at its beginning.
    """
    try:
        with zipfile.ZipFile(seekable(path, stream)) as archive:
            if EXCEL in archive.namelist():
                raise NoArchive(reasons.EXCEL)
            for member in archive.infolist():
                if member.is_dir() or _is_hidden(member.filename):
                    continue
                if member.flag_bits & IS_ENCRYPTED:
                    raise NoArchive(reasons.ENCRYPTED)
                yield member.filename, partial(archive.open, member)
    except zipfile.BadZipFile:
        raise NoArchive(reasons.DAMAGED_ARCHIVE) from None


def seekable(path: str, stream: EventStream) -> BinaryIO:
    """A file that is read from its end: itself, or in memory if it is packed. Raises NoArchive."""
    if not stream.is_packed:
        return open(path, "rb")
    data = bytearray()
    while more := stream.read(READ_BYTES):
        data += more
        if len(data) > MAX_PACKED_BYTES:
            raise NoArchive(reasons.TOO_LARGE_WHEN_PACKED)
    return io.BytesIO(data)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
