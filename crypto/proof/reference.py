"""Kernels of the proof in plain numpy, and the reference of `assay.crypto.proof.compiled`.

Wide integers are two words, ``uint64`` of shape ``(2, ...)``: low, then high.
"""

from __future__ import annotations

import numpy as np

from assay.crypto.proof.constants import Constants
from assay.crypto.ring.reference import mulhi
from assay.crypto.ring.tables import U64

COMPILED = False
"""Whether these are the kernels that numba compiles."""


def unpack(data: bytes, width: int, count: int) -> U64:
    """Fields of `width` bits (at most 120), little endian and without gaps: wide, shape (2, count)."""
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    fields = np.packbits(bits.reshape(count, width), axis=1, bitorder="little")
    padded = np.zeros((count, 16), dtype=np.uint8)
    padded[:, : fields.shape[1]] = fields
    return np.ascontiguousarray(padded.view("<u8").astype(np.uint64, copy=False).T)


def exceeds(wide: U64, limit: U64) -> bool:
    """Whether any of them is above `limit`, given as (low, high)."""
    low, high = wide
    return bool(((high > limit[1]) | ((high == limit[1]) & (low > limit[0]))).any())


def residues(wide: U64, offset: U64, c: Constants) -> U64:
    """``(value - offset) mod q``, offset given as residues: wide of shape (2, K, n) to (K, P, n)."""
    low, high = (part[:, None, :] for part in wide)
    q = c.q[:, None]
    rest = low - mulhi(low, np.broadcast_to(c.one_shoup[:, None], (1, *q.shape))) * q  # below 2q
    top = high * c.word[:, None] - mulhi(high, c.word_shoup[:, None]) * q
    return _once(_once(_once(rest, q) + _once(top, q), q) + (q - offset[:, None]), q)


def compose(coefficients: U64, shifts: U64, c: Constants) -> U64:
    """Chinese remainders in [0, Q), shifted right.

    Parameters
    ----------
    coefficients : uint64, shape (K, rows, 2, N)
        Residues modulo two primes.
    shifts : uint64, shape (rows, 2)
        Bits to drop, below 64, in coefficients 0 .. N/2 - 1 and N/2 .. N - 1 of each row.

    Returns
    -------
    uint64, shape (K, rows, N, 2)
        Low and high word.
    """
    q0, q1 = c.q
    first, second = coefficients[:, :, 0], coefficients[:, :, 1]
    gap = second + (q1 + q1 - first)
    digit = gap * c.lift - mulhi(gap, np.broadcast_to(c.lift_shoup, gap.shape)) * q1
    digit = _once(digit, q1)
    low = digit * q0 + first
    high = mulhi(digit, np.broadcast_to(q0, digit.shape)) + (low < first)
    bits = np.repeat(shifts, coefficients.shape[-1] // 2, axis=-1)
    moved = np.where(bits > 0, (low >> bits) | (high << ((np.uint64(64) - bits) & np.uint64(63))), low)
    return np.stack((moved, high >> bits), axis=-1)


def _once(x: U64, q: U64) -> U64:
    return np.asarray(np.minimum(x, x - q), dtype=np.uint64)
