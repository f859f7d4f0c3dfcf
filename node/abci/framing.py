"""Frames of the ABCI socket: an unsigned varint length, then that many bytes.

The length is read once. While a long frame arrives in pieces (a
PrepareProposal request can carry the whole mempool) its bytes are appended to
one buffer and nothing is looked at again.
"""

from __future__ import annotations

MAX_FRAME_BYTES = 128 * 1024 * 1024
"""Default bound of a frame: twice ``mempool.max_txs_bytes`` of our configuration."""

_MAX_LENGTH_VARINT = 5  # 35 bits: more than any bound we would set


class FramingError(Exception):
    """The bytes received are not frames; the connection cannot be continued."""


def encode_varint(value: int) -> bytes:
    """Return the unsigned varint of a value.

    Parameters
    ----------
    value
        0 <= value < 2^64.
    """
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class FrameReader:
    """Cuts a byte stream into frames.

    Parameters
    ----------
    max_frame_bytes
        A longer frame is refused as soon as its length is known.
    """

    __slots__ = ("_buffer", "_max", "_missing")

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max = max_frame_bytes
        self._buffer = bytearray()  # the beginning of a body, or an incomplete length
        self._missing = 0  # bytes of the body not received yet; 0 when there is no body under way

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._buffer) or self._missing > 0

    def feed(self, data: bytes, frames: list[bytes]) -> None:
        """Take the next bytes of the stream and append the frames they complete.

        Parameters
        ----------
        data
            Any number of bytes, cut anywhere.
        frames
            Receives the bodies, in order; those in front of an error too.

        Raises
        ------
        FramingError
            If a length is above the bound or is not a varint. The stream
            cannot be read further.
        """
        position = 0
        if self._missing:
            position = self._continue_body(data, frames)
        elif self._buffer:
            # An incomplete length is at most four bytes: putting it in front costs one copy of `data`.
            data = bytes(self._buffer) + data
            self._buffer.clear()
        self._cut(data, position, frames)

    def _continue_body(self, data: bytes, frames: list[bytes]) -> int:
        """Append to the frame under way; return how much of ``data`` it took."""
        taken = min(self._missing, len(data))
        self._buffer += data if taken == len(data) else memoryview(data)[:taken]
        self._missing -= taken
        if not self._missing:
            frames.append(bytes(self._buffer))
            self._buffer = bytearray()
        return taken

    def _cut(self, data: bytes, position: int, frames: list[bytes]) -> None:
        """Cut whole frames out of ``data``; keep what is left for the next call."""
        size = len(data)
        append = frames.append
        while position < size:
            length = data[position]
            body = position + 1
            if length >= 0x80:
                length, body = self._long_length(data, position)
                if not body:
                    self._buffer += data[position:]
                    return
            if length > self._max:
                raise FramingError(f"a frame of {length} bytes is above the bound of {self._max}")
            end = body + length
            if end > size:
                self._buffer += memoryview(data)[body:]
                self._missing = end - size
                return
            append(data[body:end])
            position = end

    @staticmethod
    def _long_length(data: bytes, position: int) -> tuple[int, int]:
        """Read a varint of two or more bytes: (value, next position), or (0, 0) if incomplete."""
        value = 0
        for count, byte in enumerate(data[position : position + _MAX_LENGTH_VARINT]):
            value |= (byte & 0x7F) << 7 * count
            if byte < 0x80:
                return value, position + count + 1
        if len(data) - position >= _MAX_LENGTH_VARINT:
            raise FramingError(f"a frame's length is not a varint of at most {_MAX_LENGTH_VARINT} bytes")
        return 0, 0
