"""Challenges: symmetric, sparse, and as many as 128-bit security wants.

A challenge is ``sum s_j (X^j - X^(N-j))`` over kappa different j from
1 .. N/2 - 1 with signs s_j. ``X^j - X^(N-j)`` is ``X^j + X^-j``, so that a
challenge times a symmetric polynomial stays symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assay.crypto.ring import Ring, Stream
from assay.crypto.ring.tables import U64

SEED_BYTES: Final = 32
#: A cheater without a witness hits one challenge of at least 2^this.
SOUNDNESS_BITS: Final = 128
_DOMAIN = b"proof/challenge"


def challenges(degree: int, pairs: int) -> int:
    """Challenges with so many signed pairs: ``C(N/2 - 1, pairs) 2^pairs``."""
    return comb(degree // 2 - 1, pairs) << pairs


@lru_cache(maxsize=16)
def pairs_for(degree: int) -> int:
    """Fewest pairs that give at least 2^128 challenges: 13 at N = 8192, 14 at N = 4096.

    Raises
    ------
    ValueError
        The ring is too small to have that many symmetric challenges.
    """
    for pairs in range(1, degree // 2):
        if challenges(degree, pairs) >> SOUNDNESS_BITS:
            return pairs
    raise ValueError(f"a ring of degree {degree} has fewer than 2^{SOUNDNESS_BITS} challenges")


@dataclass(frozen=True)
class Challenge:
    """Signed pairs of a ring of degree N.

    Attributes
    ----------
    degree : int
        N.
    pairs : tuple of (j, sign)
        Different j in 1 .. N/2 - 1 with sign 1 or -1.
    """

    degree: int
    pairs: tuple[tuple[int, int], ...]

    def coefficients(self) -> NDArray[np.int64]:
        """Coefficients, shape (N,): 2 kappa of them 1 or -1."""
        out = np.zeros(self.degree, dtype=np.int64)
        for j, sign in self.pairs:
            out[j], out[self.degree - j] = sign, -sign
        return out

    def ntt(self, ring: Ring) -> U64:
        """NTT form, shape (P, N)."""
        return ring.encode(self.coefficients())

    def times(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Products with polynomials of int64 coefficients, shape (..., N); they must not overflow."""
        degree = self.degree
        wrapped = np.concatenate((-values, values), axis=-1)  # X^j x is a window of it
        out = np.zeros(values.shape, dtype=np.int64)
        for j, sign in self.pairs:
            for shift, factor in ((j, sign), (degree - j, -sign)):
                window = wrapped[..., degree - shift : 2 * degree - shift]
                out = out + window if factor > 0 else out - window
        return out


def expand(seed: bytes, degree: int) -> Challenge:
    """Challenge of a seed: words of 16 bits, little endian; low bits j, top bit set: negative.

    A word with j = 0 or with a j that is taken is skipped, so that all challenges are equally likely.
    """
    pairs, taken = pairs_for(degree), dict[int, int]()
    count = 4 * pairs
    while len(taken) < pairs:
        words = np.frombuffer(Stream(_DOMAIN, seed).read(2 * count), dtype="<u2").tolist()
        taken = _first(words, degree, pairs)
        count *= 2
    return Challenge(degree, tuple(taken.items()))


def _first(words: list[int], degree: int, pairs: int) -> dict[int, int]:
    taken: dict[int, int] = {}
    for word in words:
        j = word & (degree // 2 - 1)
        if j and j not in taken and len(taken) < pairs:
            taken[j] = -1 if word >> 15 else 1
    return taken
