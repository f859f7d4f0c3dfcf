"""Constants of a ring of two primes, as the proof's kernels want them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assay.crypto.ring.tables import U64


@dataclass(frozen=True)
class Constants:
    """Of primes q0 and q1; arrays are ``uint64`` of shape (2,).

    Attributes
    ----------
    q : primes
    one_shoup : ``floor(2^64 / q)``
    word, word_shoup : ``2^64 mod q`` and its Shoup constant
    lift, lift_shoup : ``q0^-1 mod q1`` and its Shoup constant
    """

    q: U64
    one_shoup: U64
    word: U64
    word_shoup: U64
    lift: np.uint64
    lift_shoup: np.uint64


@lru_cache(maxsize=8)
def constants(primes: tuple[int, ...]) -> Constants:
    """Constants of two primes, computed once a process."""
    q0, q1 = primes
    words = [(1 << 64) % q for q in primes]
    lift = pow(q0, -1, q1)
    return Constants(
        q=_array(list(primes)),
        one_shoup=_array([(1 << 64) // q for q in primes]),
        word=_array(words),
        word_shoup=_array([(w << 64) // q for w, q in zip(words, primes, strict=True)]),
        lift=np.uint64(lift),
        lift_shoup=np.uint64((lift << 64) // q1),
    )


def _array(values: list[int]) -> U64:
    out = np.array(values, dtype=np.uint64)
    out.flags.writeable = False
    return out
