"""Signed scalars and shares as 16 bytes."""

from __future__ import annotations

from typing import Final

SCALAR_BYTES: Final = 16
SHARE_BYTES: Final = 16
MAX_SHARES: Final = 248
"""Shares in one vote extension."""


def encode(value: int) -> bytes:
    """Return a signed scalar as 16 bytes, little endian, two's complement."""
    return value.to_bytes(SCALAR_BYTES, "little", signed=True)


def decode(data: bytes) -> int:
    """Invert `encode`."""
    return int.from_bytes(data, "little", signed=True)
