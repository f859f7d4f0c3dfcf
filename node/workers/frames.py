"""Messages between the node and a worker, on pipes.

``total u32 | ident u32 | code u8 | for each part: length u32, bytes``, little
endian; `total` counts what follows it. The node trusts what a worker computes
as much as its own arithmetic, yet a worker whose memory is damaged may write
anything: lengths are bounded before anything is kept.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_MESSAGE_BYTES: Final = 64 << 20
_HEAD: Final = struct.Struct("<IIB")
_LENGTH: Final = struct.Struct("<I")
_AFTER_LENGTH: Final = struct.Struct("<IB")
_AFTER_TOTAL: Final = _AFTER_LENGTH.size
_LONG: Final = 1 << 13
"""Parts from this length on are written by themselves: a write costs less than a copy."""


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


def encode(message: Message) -> list[bytes]:
    """Return the bytes of a message, in pieces to be written in turn; long parts are not copied."""
    total = _AFTER_TOTAL + sum(_LENGTH.size + len(part) for part in message.parts)
    if total > MAX_MESSAGE_BYTES:
        raise BadFrame(f"a message of {total} bytes is too long, at most {MAX_MESSAGE_BYTES} are sent")
    pieces, small = [], [_HEAD.pack(total, message.ident, message.code)]
    for part in message.parts:
        small.append(_LENGTH.pack(len(part)))
        if len(part) < _LONG:
            small.append(part)
        else:
            pieces += [b"".join(small), part]
            small = []
    return [*pieces, b"".join(small)] if small else pieces


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


class Inbox:
    """Reads messages from a pipe that does not block, each into a buffer of its own.

    Parameters
    ----------
    descriptor
        The pipe's reading end.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._expect_head()

    def _expect_head(self) -> None:
        self._body: bytearray | None = None
        self._head = bytearray(_LENGTH.size)
        self._room = memoryview(self._head)

    def read(self) -> Message | None:
        """Read what is there, up to the end of one message; None if the message is not complete yet.

        Raises
        ------
        EOFError
            If the other side has closed the pipe.
        BadFrame
            If what arrived cannot be a message.
        """
        while True:
            try:
                count = os.readv(self._descriptor, [self._room])
            except BlockingIOError:
                return None
            if not count:
                raise EOFError
            self._room = self._room[count:]
            if self._room:
                continue
            if self._body is not None:
                message = _parse(memoryview(self._body))
                self._expect_head()
                return message
            self._body = bytearray(_checked(_LENGTH.unpack(self._head)[0]))
            self._room = memoryview(self._body)


def _parse(view: memoryview) -> Message:
    """Take apart what follows a message's length."""
    ident, code = _AFTER_LENGTH.unpack_from(view)
    position, parts = _AFTER_TOTAL, []
    while position < len(view):
        start = position + _LENGTH.size
        if start > len(view):
            raise BadFrame("a message ends within a part")
        position = start + _LENGTH.unpack_from(view, start - _LENGTH.size)[0]
        if position > len(view):
            raise BadFrame("a part is longer than its message")
        parts.append(bytes(view[start:position]))
    return Message(ident, code, tuple(parts))
