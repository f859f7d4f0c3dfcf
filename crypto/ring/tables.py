"""Constants of one NTT prime, and the tables of several, as the kernels want them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assay.crypto.errors import PresetError

U64 = NDArray[np.uint64]
_WORD = 1 << 64


def shoup(values: list[int], q: int) -> list[int]:
    """Shoup's constants ``floor(w * 2^64 / q)`` of the factors ``w < q``."""
    return [w * _WORD // q for w in values]


def bit_reverse(index: int, bits: int) -> int:
    """Reverse the lowest `bits` bits of `index`."""
    return int(format(index, f"0{bits}b")[::-1], 2) if bits else 0


def minimal_root(q: int, order: int) -> int:
    """Least primitive root of unity of the given order, a power of two, modulo the prime q.

    This is the root SEAL takes (``try_minimal_primitive_root``).

    Raises
    ------
    PresetError
        q is not 1 modulo the order.
    """
    if (q - 1) % order:
        raise PresetError(f"{q} has no root of unity of order {order}: it must be 1 modulo {order}")
    candidates = (pow(x, (q - 1) // order, q) for x in range(2, q))
    root = next(r for r in candidates if pow(r, order // 2, q) == q - 1)
    square, best = root * root % q, root
    for _ in range(order // 2):  # every odd power is a primitive root of the same order
        best = min(best, root)
        root = root * square % q
    return best


@dataclass(frozen=True)
class Tables:
    """Tables of P primes for degree N; every array is ``uint64``.

    Attributes
    ----------
    q : shape (P,)
        Primes, each below 2^61, so that lazy butterflies fit 64 bits.
    shift, barrett : shape (P,)
        ``b - 1`` and ``floor(2^(2b) / q) * 2^(63 - b)``, b being the bits of q.
    word : shape (P,)
        ``2^64 mod q``.
    roots, roots_shoup : shape (P, N)
        ``psi^bitrev(i)`` and its Shoup constants.
    inverses, inverses_shoup : shape (P, N)
        ``psi^-bitrev(i)`` and its Shoup constants.
    degree_inverse, degree_inverse_shoup : shape (P,)
        ``N^-1``.
    """

    q: U64
    shift: U64
    barrett: U64
    word: U64
    roots: U64
    roots_shoup: U64
    inverses: U64
    inverses_shoup: U64
    degree_inverse: U64
    degree_inverse_shoup: U64


def _powers(base: int, degree: int, q: int) -> list[int]:
    """Return powers of `base` with exponents 0 .. degree-1, in bit-reversed order."""
    powers = [1] * degree
    for i in range(1, degree):
        powers[i] = powers[i - 1] * base % q
    bits = degree.bit_length() - 1
    return [powers[bit_reverse(i, bits)] for i in range(degree)]


def _words(rows: list[list[int]]) -> U64:
    table = np.array(rows, dtype=np.uint64)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=16)
def tables(degree: int, primes: tuple[int, ...]) -> Tables:
    """Tables of these primes, computed once a process."""
    psis = [minimal_root(q, 2 * degree) for q in primes]
    roots = [_powers(psi, degree, q) for psi, q in zip(psis, primes, strict=True)]
    inverses = [_powers(pow(psi, -1, q), degree, q) for psi, q in zip(psis, primes, strict=True)]
    bits = [q.bit_length() for q in primes]
    barrett = [((1 << 2 * b) // q) << (63 - b) for q, b in zip(primes, bits, strict=True)]
    scale = [pow(degree, -1, q) for q in primes]
    return Tables(
        q=_words([list(primes)])[0],
        shift=_words([[b - 1 for b in bits]])[0],
        barrett=_words([barrett])[0],
        word=_words([[_WORD % q for q in primes]])[0],
        roots=_words(roots),
        roots_shoup=_words([shoup(row, q) for row, q in zip(roots, primes, strict=True)]),
        inverses=_words(inverses),
        inverses_shoup=_words([shoup(row, q) for row, q in zip(inverses, primes, strict=True)]),
        degree_inverse=_words([scale])[0],
        degree_inverse_shoup=_words([[w * _WORD // q for w, q in zip(scale, primes, strict=True)]])[0],
    )
