"""Bytes of a file, whatever it is compressed with.

The compression is told by the first bytes, never by the name. Damage in a compressed file
is no exception: what can be decompressed before it is read, and `damage` then says so.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import zstandard

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # second to fourth byte
# Containers that a user may well hand over but that are no stream of events.
FOREIGN = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"BZh": "a bzip2 file: unpack it, or compress it with gzip or zstd",
    b"\xfd7zXZ\x00": "an xz file: unpack it, or compress it with gzip or zstd",
}
HEAD_BYTES = 1 << 16
# Small, since a step of zstd may decompress to some thousand times its size.
COMPRESSED_STEP = 1 << 14

CUT_OFF = "the compressed file is cut off here: what follows is missing"
WRONG_CHECKSUM = "the checksum of the compressed file does not match: some of it may be wrong"
BROKEN = "the compressed file is damaged here: what follows cannot be read"
CHECKSUM_ERRORS = ("incorrect data check", "incorrect length check", "match checksum")


class EventStream:
    """A forward-only stream of a file's decompressed bytes."""

    def __init__(self, path: str):
        self.path = path
        self.damage: str | None = None
        self.bytes_read = 0  # of the file as it lies on the disk
        self._file: BinaryIO = open(path, "rb")
        self.first_bytes = self._file.read(8)
        self._file.seek(0)
        self._decoder = _decoder_for(self.first_bytes)
        self._ready, self._begin = b"", 0  # decompressed, and where what is unread begins
        self._has_ended = False

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end of the stream."""
        if self._decoder is None:
            data = self._file.read(size)
            self.bytes_read += len(data)
            return data
        if len(self._ready) - self._begin >= size:
            self._begin += size
            return self._ready[self._begin - size : self._begin]
        parts = [self._ready[self._begin :]]
        length = len(parts[0])
        while length < size and not self._has_ended:
            parts.append(self._decode_step())
            length += len(parts[-1])
        data = b"".join(parts)
        self._ready, self._begin = data, min(size, length)
        self.bytes_read = self._file.tell()
        return data[:size]

    def _decode_step(self) -> bytes:
        start = self._file.tell()
        step = self._file.read(COMPRESSED_STEP)
        try:
            data = self._decoder.decode(step)
        except (zlib.error, zstandard.ZstdError) as error:
            has_wrong_checksum = any(words in str(error) for words in CHECKSUM_ERRORS)
            self._has_ended, self.damage = True, WRONG_CHECKSUM if has_wrong_checksum else BROKEN
            return self._salvage(start, step)
        if not step:
            self._has_ended = True
            self.damage = None if self._decoder.is_complete else CUT_OFF
        return data

    def _salvage(self, start: int, step: bytes) -> bytes:
        """What the last step holds before its damage: decoded again, a byte at a time.

        A decompressor that fails keeps to itself what it had decoded in that call.
        """
        decoder = _decoder_for(self.first_bytes)
        self._file.seek(0)
        while (before := start - self._file.tell()) > 0:
            decoder.decode(self._file.read(min(COMPRESSED_STEP, before)))
        saved = []
        try:
            for i in range(len(step)):
                saved.append(decoder.decode(step[i : i + 1]))
        except (zlib.error, zstandard.ZstdError):
            pass
        return b"".join(saved)


class HashedStream:
    """An event stream that hashes and counts the bytes that pass."""

    def __init__(self, stream: EventStream):
        self._stream = stream
        self._hash = hashlib.sha256()
        self.length = 0
        self.head = b""  # the first HEAD_BYTES bytes

    @property
    def damage(self) -> str | None:
        return self._stream.damage

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        self.length += len(data)
        return data


class _Decoder:
    """Decompresses gzip members, or zstd frames, one after the other."""

    def __init__(self, new_frame: Callable[[], Any]):
        self._new_frame = new_frame
        self._frame = new_frame()

    @property
    def is_complete(self) -> bool:
        return self._frame.eof

    def decode(self, data: bytes) -> bytes:
        out = []
        while data:
            if self._frame.eof:
                data = data.lstrip(b"\0")  # some tools pad the end with zeros
                if not data:
                    break
                self._frame = self._new_frame()
            out.append(self._frame.decompress(data))
            data = self._frame.unused_data
        return b"".join(out)


def _decoder_for(first_bytes: bytes) -> _Decoder | None:
    if first_bytes.startswith(GZIP):
        return _Decoder(lambda: zlib.decompressobj(31))
    if first_bytes.startswith(ZSTD) or first_bytes[1:4] == ZSTD_SKIPPABLE:
        return _Decoder(zstandard.ZstdDecompressor().decompressobj)
    return None


def foreign_container(first_bytes: bytes) -> str | None:
    """What a file is that holds no readable stream at all, or None."""
    return next((what for magic, what in FOREIGN.items() if first_bytes.startswith(magic)), None)
