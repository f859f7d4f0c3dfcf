"""Public-key encryption with our own ring arithmetic.

The client must know its randomness, because it proves knowledge of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.crypto.presets import Preset
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

_RANDOMNESS = b"encryption"


@dataclass(frozen=True)
class Randomness:
    """What one encryption drew, as signed coefficients, each of shape (K, N) and dtype int64.

    Attributes
    ----------
    u : ternary
    e0, e1 : centered binomial
        Errors of the first and the second polynomial.
    """

    u: NDArray[np.int64]
    e0: NDArray[np.int64]
    e1: NDArray[np.int64]


def encrypt(messages: NDArray[Any], p0: U64, p1: U64, preset: Preset, seed: bytes) -> tuple[U64, Randomness]:
    """Encrypt polynomials: ``c0 = p0 u + e0 + m`` and ``c1 = p1 u + e1`` modulo Q.

    Parameters
    ----------
    messages : array of int64 or object, shape (K, N)
        Signed coefficients, as `assay.crypto.ckks.packing.pack` makes them.
    p0, p1 : uint64, shape (2, N)
        Public key modulo Q, NTT form: ``p0 = -(a s + e)`` and ``p1 = a``.
    seed : bytes
        32 fresh secret bytes (`assay.crypto.ring.fresh_seed`), used for nothing else.

    Returns
    -------
    ciphertexts : uint64, shape (K, 2, 2, N)
        Ciphertext, polynomial, prime, residue; NTT form.
    randomness : Randomness
    """
    drawn = _draw(len(messages), preset, seed)
    ring = cipher_ring(preset)
    u = ring.encode(drawn.u)
    c0 = ring.add(ring.mul(p0, u), ring.add(ring.encode(drawn.e0), ring.encode(messages)))
    c1 = ring.add(ring.mul(p1, u), ring.encode(drawn.e1))
    return np.stack((c0, c1), axis=1), drawn


def _draw(count: int, preset: Preset, seed: bytes) -> Randomness:
    def stream(index: int, part: bytes) -> Stream:
        return Stream(_RANDOMNESS, seed, part, index)

    return Randomness(
        u=np.stack([stream(i, b"u").ternary(preset.degree) for i in range(count)]),
        e0=np.stack([stream(i, b"e0").error(preset.degree) for i in range(count)]),
        e1=np.stack([stream(i, b"e1").error(preset.degree) for i in range(count)]),
    )
