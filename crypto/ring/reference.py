"""Kernels in plain numpy: the client's arithmetic, and the reference of `assay.crypto.ring.compiled`.

Arrays are ``uint64`` of shape ``(B, P, N)``: B polynomials modulo P primes,
residues canonical (``< q``) on entry and on return. 64-bit overflow wraps, on purpose.
"""

from __future__ import annotations

import numpy as np

from assay.crypto.ring.tables import U64, Tables

COMPILED = False
"""Whether these are the kernels that numba compiles."""
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def mulhi(a: U64, b: U64) -> U64:
    """High 64 bits of the 128-bit products, from four 32 x 32 products."""
    a0, a1 = a & _LOW, a >> _HALF
    b0, b1 = b & _LOW, b >> _HALF
    middle = a1 * b0 + ((a0 * b0) >> _HALF)
    carry = a0 * b1 + (middle & _LOW)
    return np.asarray(a1 * b1 + (middle >> _HALF) + (carry >> _HALF), dtype=np.uint64)


def _once(x: U64, q: U64) -> U64:
    """Subtract q where ``x >= q``: an underflow wraps to a larger number, so the lesser one is right."""
    return np.asarray(np.minimum(x, x - q), dtype=np.uint64)


def add(a: U64, b: U64, t: Tables) -> U64:
    """``a + b mod q``."""
    return _once(a + b, t.q[:, None])


def sub(a: U64, b: U64, t: Tables) -> U64:
    """``a - b mod q``."""
    q = t.q[:, None]
    return _once(a + (q - b), q)


def mul(a: U64, b: U64, t: Tables) -> U64:
    """``a * b mod q`` by Barrett reduction: the estimated quotient is at most 2 too small."""
    q, shift = t.q[:, None], t.shift[:, None]
    hi, lo = mulhi(a, b), a * b
    top = (hi << (np.uint64(64) - shift)) | (lo >> shift)  # product >> (b - 1), below 2^(b + 1)
    rest = lo - mulhi(top, np.broadcast_to(t.barrett[:, None], top.shape)) * q
    return _once(_once(rest, q), q)


def mul_scalar(a: U64, factor: U64, factor_shoup: U64, t: Tables) -> U64:
    """``a * w mod q`` for one factor w a prime, shape (P,), with its Shoup constant."""
    q = t.q[:, None]
    return _once(_mul_lazy(a, factor[:, None], factor_shoup[:, None], q), q)


def _mul_lazy(x: U64, w: U64, w_shoup: U64, q: U64) -> U64:
    """``x * w`` modulo q, in [0, 2q), for any 64-bit x."""
    return x * w - mulhi(x, w_shoup) * q


def forward(a: U64, t: Tables) -> U64:
    """Negacyclic NTT of coefficients (Harvey butterflies, values kept below 4q)."""
    batch, primes, degree = a.shape
    q = t.q[:, None, None]
    twice = q + q
    m, gap = 1, degree // 2
    while gap:
        pairs = a.reshape(batch, primes, m, 2, gap)
        w, w_shoup = t.roots[:, m : 2 * m, None], t.roots_shoup[:, m : 2 * m, None]
        x = _once(pairs[..., 0, :], twice)
        y = _mul_lazy(pairs[..., 1, :], w, w_shoup, q)
        a = np.stack((x + y, x + (twice - y)), axis=-2)
        m, gap = 2 * m, gap // 2
    flat = a.reshape(batch, primes, degree)
    return _once(_once(flat, twice[..., 0]), q[..., 0])


def inverse(a: U64, t: Tables) -> U64:
    """Coefficients of NTT values (Harvey butterflies, values kept below 2q)."""
    batch, primes, degree = a.shape
    q = t.q[:, None, None]
    twice = q + q
    m, gap = degree // 2, 1
    while m:
        pairs = a.reshape(batch, primes, m, 2, gap)
        w, w_shoup = t.inverses[:, m : 2 * m, None], t.inverses_shoup[:, m : 2 * m, None]
        x, y = pairs[..., 0, :], pairs[..., 1, :]
        a = np.stack((_once(x + y, twice), _mul_lazy(x + (twice - y), w, w_shoup, q)), axis=-2)
        m, gap = m // 2, gap * 2
    return mul_scalar(a.reshape(batch, primes, degree), t.degree_inverse, t.degree_inverse_shoup, t)


def total(a: U64, t: Tables) -> U64:
    """Sum of the N residues modulo q, shape (B, P)."""
    while a.shape[-1] > 1:  # halve by adding the two halves; N is a power of two
        half = a.shape[-1] // 2
        a = add(a[..., :half], a[..., half:], t)
    return a[..., 0]


def dot(a: U64, b: U64, t: Tables) -> U64:
    """Sum over N of ``a * b`` modulo q, shape (B, P)."""
    return total(mul(a, b, t), t)
