"""Bytes of a file, whatever it is packed with.

The packing is known by the first bytes, never by the name, and what is packed may be packed again.
Damage in a packed file is no exception: what can be unpacked before it is read, and `damage` then
says so. Nothing that is unpacked touches the disk.
"""

from __future__ import annotations

import bz2
import codecs
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

import zstandard

from flex_insights.loading import reasons

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # second to fourth byte
BZIP2 = b"BZh"
# A mark, or else a bracket: JSON itself never holds a NUL.
UTF16_LE, UTF16_BE = (b"\xff\xfe", b"{\0", b"[\0"), (b"\xfe\xff", b"\0{", b"\0[")
# What a user may well hand over but is no stream of events.
FOREIGN = {
    b"\xfd7zXZ\x00": "an xz file: unpack it, or compress it with gzip or zstd",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Obj\x01": "an Avro file: write Parquet or JSON lines instead",
    b"ORC": "an ORC file: write Parquet or JSON lines instead",
}
TAR_MARK, TAR_MARK_AT = b"ustar", 257
TAR = "a tar archive: unpack it first"
FIRST_BYTES = 512
HEAD_BYTES = 1 << 16
MAX_LAYERS = 4
# Small, since a step of zstd may decompress to some thousand times its size.
COMPRESSED_STEP = 1 << 14

CUT_OFF = "the compressed file is cut off here: what follows is missing"
WRONG_CHECKSUM = "the checksum of the compressed file does not match: some of it may be wrong"
BROKEN = "the compressed file is damaged here: what follows cannot be read"
CHECKSUM_ERRORS = ("incorrect data check", "incorrect length check", "match checksum", "Bad CRC")
DECODING_ERRORS = (zlib.error, zstandard.ZstdError, OSError)
# Of files in zip archives; NotImplementedError where they are packed in a way that Python lacks.
MEMBER_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class EventStream:
    """A forward-only stream of bytes.

    `first_bytes` are its beginning, `damage` says where it cannot be read to its end,
    `bytes_read` counts bytes of the file on the disk, and `is_packed` says that these are others.
    """

    first_bytes = b""
    is_packed = True
    damage: str | None = None
    bytes_read = 0

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        raise NotImplementedError

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end of the stream."""
        raise NotImplementedError


Opener = Callable[[], EventStream]


def open_stream(open_file: Callable[[], BinaryIO]) -> EventStream:
    """What a file holds when it is unpacked; `open_file` may be called several times."""
    opener: Opener = lambda: _File(open_file())  # noqa: E731
    stream = opener()
    for _ in range(MAX_LAYERS):
        if not (new_decoder := _decoder_for(stream.first_bytes)):
            break
        stream.close()
        opener = partial(_Unpacked, opener, new_decoder)
        stream = opener()
    return stream


class _File(EventStream):
    """The bytes of a file as they are; it may be a part of a zip archive."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.is_packed = isinstance(file, zipfile.ZipExtFile)
        self.first_bytes = self.read(FIRST_BYTES)
        self._file.seek(0)
        self.bytes_read = 0

    def close(self) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        data = self._read_member(size) if self.is_packed else self._file.read(size)
        self.bytes_read += len(data)
        return data

    def _read_member(self, size: int) -> bytes:
        data = b""
        try:
            # In small steps: what is read in the same step as damage is lost.
            while not self.damage and (step := self._file.read(min(COMPRESSED_STEP, size - len(data)))):
                data += step
        except MEMBER_ERRORS as error:
            self.damage = _damage(error)
        return data


class _Unpacked(EventStream):
    """What another stream holds when it is decompressed, or decoded from UTF-16."""

    def __init__(self, open_packed: Opener, new_decoder: Callable[[], _Decoder]):
        self._open_packed, self._new_decoder = open_packed, new_decoder
        self._packed = open_packed()
        self._packed_bytes = 0
        self._decoder = new_decoder()
        self._ready, self._begin = b"", 0  # unpacked, and where what is unread begins
        self._has_ended = False
        self._damage: str | None = None
        self.first_bytes = self.read(FIRST_BYTES)
        self._begin = 0

    @property
    def damage(self) -> str | None:
        return self._packed.damage or self._damage

    @property
    def bytes_read(self) -> int:
        return self._packed.bytes_read

    def close(self) -> None:
        self._packed.close()

    def read(self, size: int) -> bytes:
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
        return data[:size]

    def _decode_step(self) -> bytes:
        step = self._packed.read(COMPRESSED_STEP)
        try:
            data = self._decoder.decode(step)
        except DECODING_ERRORS as error:
            self._has_ended, self._damage = True, _damage(error)
            return self._salvage(step)
        self._packed_bytes += len(step)
        if not step:
            self._has_ended = True
            self._damage = None if self._decoder.is_complete else self._decoder.cut_off
        return data

    def _salvage(self, step: bytes) -> bytes:
        """What the last step holds before its damage: decoded again, a byte at a time.

        A decompressor that fails keeps to itself what it had decoded in that call.
        """
        decoder, saved = self._new_decoder(), []
        with self._open_packed() as packed:
            while (left := self._packed_bytes) > 0:
                decoder.decode(packed.read(min(COMPRESSED_STEP, left)))
                self._packed_bytes -= min(COMPRESSED_STEP, left)
        try:
            for i in range(len(step)):
                saved.append(decoder.decode(step[i : i + 1]))
        except DECODING_ERRORS:
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
    """Decompresses gzip members, zstd frames or bzip2 streams, one after the other."""

    cut_off = CUT_OFF

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


class _Utf16Decoder(_Decoder):
    """Turns UTF-16 into UTF-8, without its mark."""

    cut_off = reasons.UTF16_BREAKS_OFF

    def __init__(self, encoding: str):
        # Half a surrogate pair passes as what is no UTF-8, and is left for others to judge.
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._is_start = True

    @property
    def is_complete(self) -> bool:
        return not self._decoder.getstate()[0]

    def decode(self, data: bytes) -> bytes:
        text = self._decoder.decode(data)
        if self._is_start and text:
            text, self._is_start = text.removeprefix("\ufeff"), False
        return text.encode("utf-8", "surrogatepass")


def _decoder_for(first_bytes: bytes) -> Callable[[], _Decoder] | None:
    if first_bytes.startswith(GZIP):
        return lambda: _Decoder(lambda: zlib.decompressobj(31))
    if first_bytes.startswith(ZSTD) or first_bytes[1:4] == ZSTD_SKIPPABLE:
        return lambda: _Decoder(zstandard.ZstdDecompressor().decompressobj)
    if first_bytes.startswith(BZIP2):
        return lambda: _Decoder(bz2.BZ2Decompressor)
    if first_bytes.startswith(UTF16_LE):
        return lambda: _Utf16Decoder("utf-16-le")
    if first_bytes.startswith(UTF16_BE):
        return lambda: _Utf16Decoder("utf-16-be")
    return None


def _damage(error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return reasons.PACKED_UNUSUALLY
    return WRONG_CHECKSUM if any(w in str(error) for w in CHECKSUM_ERRORS) else BROKEN


def foreign_container(first_bytes: bytes) -> str | None:
    """What a file is that holds no readable stream at all, or None."""
    if _decoder_for(first_bytes):
        return reasons.PACKED_TOO_OFTEN
    if first_bytes[TAR_MARK_AT:].startswith(TAR_MARK):
        return TAR
    return next((what for magic, what in FOREIGN.items() if first_bytes.startswith(magic)), None)
