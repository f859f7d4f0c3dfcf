"""Messages between the node and a worker, on pipes.

``total u32 | ident u32 | code u8 | for each part: length u32, bytes``, little
endian; `total` counts what follows it. The node trusts what a worker computes
as much as its own arithmetic, yet a worker whose memory is damaged may write
anything: lengths are bounded before anything is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_MESSAGE_BYTES: Final = 64 << 20
_HEAD: Final = struct.Struct("<IIB")
_LENGTH: Final = struct.Struct("<I")
_AFTER_TOTAL: Final = _HEAD.size - _LENGTH.size


class BadFrame(Exception):
    """The other side wrote what no sound one writes."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer.

    Attributes
    ----------
    ident
        Number of the request; its answer has the same.
    code
        Which operation is asked for, or how it went.
    parts
        Byte strings whose meaning the code gives.
    """

    ident: int
    code: int
    parts: tuple[bytes, ...]


def encode(message: Message) -> bytes:
    """Return the bytes of a message."""
    total = _AFTER_TOTAL + sum(_LENGTH.size + len(part) for part in message.parts)
    if total > MAX_MESSAGE_BYTES:
        raise BadFrame(f"a message of {total} bytes is too long, at most {MAX_MESSAGE_BYTES} are sent")
    return b"".join((_HEAD.pack(total, message.ident, message.code), *_framed(message.parts)))


def _framed(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield _LENGTH.pack(len(part))
        yield part


def read(stream: BinaryIO) -> Message | None:
    """Read one message from a blocking stream; None at its end, also within a message."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    total, ident, code = _HEAD.unpack(head)
    left, parts = _checked(total) - _AFTER_TOTAL, []
    while left:
        prefix = stream.read(_LENGTH.size)
        if len(prefix) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(prefix)
        left -= _LENGTH.size + length
        if left < 0:
            raise BadFrame("a part is longer than its message")
        part = stream.read(length)
        if len(part) < length:
            return None
        parts.append(part)
    return Message(ident, code, tuple(parts))


def _checked(total: int) -> int:
    if not _AFTER_TOTAL <= total <= MAX_MESSAGE_BYTES:
        raise BadFrame(f"a message claims {total} bytes")
    return total


class Splitter:
    """Cuts bytes that arrive in any pieces into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes and return the messages that are now complete.

        Raises
        ------
        BadFrame
            If what arrived cannot be the start of a message.
        """
        self._buffer += data
        found: list[Message] = []
        while len(self._buffer) >= _HEAD.size:
            end = _LENGTH.size + _checked(_LENGTH.unpack_from(self._buffer)[0])
            if len(self._buffer) < end:
                break
            found.append(_parse(memoryview(self._buffer)[:end]))
            del self._buffer[:end]
        return found


def _parse(view: memoryview) -> Message:
    with view:
        _, ident, code = _HEAD.unpack_from(view)
        position, parts = _HEAD.size, []
        while position < len(view):
            start = position + _LENGTH.size
            if start > len(view):
                raise BadFrame("a message ends within a part")
            position = start + _LENGTH.unpack_from(view, start - _LENGTH.size)[0]
            if position > len(view):
                raise BadFrame("a part is longer than its message")
            parts.append(bytes(view[start:position]))
    return Message(ident, code, tuple(parts))
