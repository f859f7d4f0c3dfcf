"""Shares of a validator's stake, in whole numbers.

A delegation holds shares of its validator's tokens. They begin at one share a
uasy; a slash takes tokens and leaves the shares, so a share is worth at most
one uasy ever after. Every rounding is down and against whoever acts, so no unit
is ever created: what an operation leaves behind belongs to those who stay.
"""

from __future__ import annotations

from typing import Final

BASIS_POINTS: Final = 10_000
"""Rates are given in ten-thousandths."""
MAX_SHARES: Final = 1 << 120
"""A validator slashed to almost nothing issues shares without end; beyond this it takes no delegation."""


def encode_whole(value: int) -> bytes:
    """Return a whole number that may exceed 64 bits: big endian, no leading zeros, nothing for 0."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode_whole(data: bytes) -> int:
    """Return the number that `encode_whole` encoded."""
    return int.from_bytes(data, "big")


def shares_for(amount: int, tokens: int, shares: int) -> int:
    """Return the shares that `amount` uasy buy of a validator with so many tokens and shares, rounded down.

    A validator without shares issues one a uasy. `tokens` must not be 0 if `shares` is not.
    """
    return amount * shares // tokens if shares else amount


def shares_to_free(amount: int, tokens: int, shares: int) -> int:
    """Return the fewest shares that are worth `amount` uasy; `tokens` must not be 0."""
    return -(-amount * shares // tokens)


def tokens_of(part: int, tokens: int, shares: int) -> int:
    """Return what `part` of a validator's shares is worth in uasy, rounded down."""
    return part * tokens // shares if shares else 0


def part_of(amount: int, rate: int) -> int:
    """Return `rate` basis points of an amount, rounded down."""
    return amount * rate // BASIS_POINTS
