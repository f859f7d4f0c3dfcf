"""Kernels compiled with numba; they give the same integers as `assay.crypto.ring.reference`.

The high word of a 64 x 64 product is LLVM's i128 multiplication. There is no
128-bit division: its run-time symbol is not there once compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from assay.crypto.ring.tables import U64, Tables

COMPILED = True
"""Whether these are the kernels that numba compiles."""
_I128 = ir.IntType(128)


def _define_mulhi(_typing: Any, a: Any, b: Any) -> Any:
    """High 64 bits of the product of two unsigned words."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        wide = [builder.zext(arg, _I128) for arg in args]
        product = builder.lshr(builder.mul(*wide), ir.Constant(_I128, 64))
        return builder.trunc(product, ir.IntType(64))

    if a != types.uint64 or b != types.uint64:
        return None
    return types.uint64(types.uint64, types.uint64), codegen


_mulhi: Any = intrinsic(_define_mulhi)


def _jit(**options: Any) -> Any:
    """Compile, and keep the machine code on disk where there is a place for it."""
    fixed = {"boundscheck": False, "error_model": "numpy", **options}

    def decorate(function: Any) -> Any:
        try:
            return njit(cache=True, **fixed)(function)
        except RuntimeError:  # read-only installation, no home to write to: every process compiles anew
            return njit(**fixed)(function)

    return decorate


_compiled = _jit(nogil=True)
_inlined = _jit(inline="always")


@_inlined
def _once(x: Any, q: Any) -> Any:
    return min(x, x - q)  # an underflow wraps to a larger number


@_inlined
def _mul_lazy(x: Any, w: Any, w_shoup: Any, q: Any) -> Any:
    return x * w - _mulhi(x, w_shoup) * q


@_inlined
def _mul_barrett(a: Any, b: Any, q: Any, shift: Any, barrett: Any) -> Any:
    hi, lo = _mulhi(a, b), a * b
    top = (hi << (np.uint64(64) - shift)) | (lo >> shift)
    return _once(_once(lo - _mulhi(top, barrett) * q, q), q)


@_compiled
def _forward_row(x: Any, roots: Any, shoups: Any, q: Any) -> None:
    degree, twice = x.shape[0], q + q
    m, gap = 1, degree >> 1
    while gap:
        for i in range(m):
            w, w_shoup = roots[m + i], shoups[m + i]
            low = x[2 * i * gap : (2 * i + 1) * gap]
            high = x[(2 * i + 1) * gap : (2 * i + 2) * gap]
            for j in range(gap):
                u = _once(low[j], twice)
                v = _mul_lazy(high[j], w, w_shoup, q)
                low[j] = u + v
                high[j] = u + (twice - v)
        m, gap = m << 1, gap >> 1
    for j in range(degree):
        x[j] = _once(_once(x[j], twice), q)


@_compiled
def _inverse_row(x: Any, roots: Any, shoups: Any, q: Any, scale: Any, scale_shoup: Any) -> None:
    degree, twice = x.shape[0], q + q
    m, gap = degree >> 1, 1
    while m:
        for i in range(m):
            w, w_shoup = roots[m + i], shoups[m + i]
            low = x[2 * i * gap : (2 * i + 1) * gap]
            high = x[(2 * i + 1) * gap : (2 * i + 2) * gap]
            for j in range(gap):
                u, v = low[j], high[j]
                low[j] = _once(u + v, twice)
                high[j] = _mul_lazy(u + (twice - v), w, w_shoup, q)
        m, gap = m >> 1, gap << 1
    for j in range(degree):
        x[j] = _once(_mul_lazy(x[j], scale, scale_shoup, q), q)


@_compiled
def _forward(x: Any, q: Any, roots: Any, shoups: Any) -> None:
    for b in range(x.shape[0]):
        for p in range(x.shape[1]):
            _forward_row(x[b, p], roots[p], shoups[p], q[p])


@_compiled
def _inverse(x: Any, q: Any, roots: Any, shoups: Any, scale: Any, scale_shoup: Any) -> None:
    for b in range(x.shape[0]):
        for p in range(x.shape[1]):
            _inverse_row(x[b, p], roots[p], shoups[p], q[p], scale[p], scale_shoup[p])


@_compiled
def _add(a: Any, b: Any, out: Any, q: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            for j in range(a.shape[2]):
                out[i, p, j] = _once(a[i, p, j] + b[i, p, j], q[p])


@_compiled
def _sub(a: Any, b: Any, out: Any, q: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            for j in range(a.shape[2]):
                out[i, p, j] = _once(a[i, p, j] + (q[p] - b[i, p, j]), q[p])


@_compiled
def _mul(a: Any, b: Any, out: Any, q: Any, shift: Any, barrett: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            for j in range(a.shape[2]):
                out[i, p, j] = _mul_barrett(a[i, p, j], b[i, p, j], q[p], shift[p], barrett[p])


@_compiled
def _mul_scalar(a: Any, out: Any, q: Any, w: Any, w_shoup: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            for j in range(a.shape[2]):
                out[i, p, j] = _once(_mul_lazy(a[i, p, j], w[p], w_shoup[p], q[p]), q[p])


@_compiled
def _total(a: Any, out: Any, q: Any, shift: Any, barrett: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            hi = lo = np.uint64(0)  # sums of half words stay below 2^64, and so run without reduction
            for j in range(a.shape[2]):
                hi += a[i, p, j] >> np.uint64(32)
                lo += a[i, p, j] & np.uint64(0xFFFFFFFF)
            part = _mul_barrett(hi % q[p], np.uint64(1 << 32) % q[p], q[p], shift[p], barrett[p])
            out[i, p] = _once(part + lo % q[p], q[p])


@_compiled
def _dot(a: Any, b: Any, out: Any, q: Any, word: Any, shift: Any, barrett: Any) -> None:
    for i in range(a.shape[0]):
        for p in range(a.shape[1]):
            total = np.uint64(0)
            for start in range(0, a.shape[2], 64):
                hi, lo = _block(a[i, p, start : start + 64], b[i, p, start : start + 64])
                part = _mul_barrett(hi % q[p], word[p], q[p], shift[p], barrett[p])
                total = _once(total + _once(part + lo % q[p], q[p]), q[p])
            out[i, p] = total


@_inlined
def _block(a: Any, b: Any) -> Any:
    """128-bit sum of at most 64 products, each below 2^122."""
    hi = lo = np.uint64(0)
    for j in range(a.shape[0]):
        product = a[j] * b[j]
        lo += product
        hi += _mulhi(a[j], b[j]) + np.uint64(lo < product)
    return hi, lo


def forward(a: U64, t: Tables) -> U64:
    """Negacyclic NTT of coefficients."""
    out = a.copy()
    _forward(out, t.q, t.roots, t.roots_shoup)
    return out


def inverse(a: U64, t: Tables) -> U64:
    """Coefficients of NTT values."""
    out = a.copy()
    _inverse(out, t.q, t.inverses, t.inverses_shoup, t.degree_inverse, t.degree_inverse_shoup)
    return out


def add(a: U64, b: U64, t: Tables) -> U64:
    """``a + b mod q``."""
    out = np.empty_like(a)
    _add(a, b, out, t.q)
    return out


def sub(a: U64, b: U64, t: Tables) -> U64:
    """``a - b mod q``."""
    out = np.empty_like(a)
    _sub(a, b, out, t.q)
    return out


def mul(a: U64, b: U64, t: Tables) -> U64:
    """``a * b mod q``."""
    out = np.empty_like(a)
    _mul(a, b, out, t.q, t.shift, t.barrett)
    return out


def mul_scalar(a: U64, factor: U64, factor_shoup: U64, t: Tables) -> U64:
    """``a * w mod q`` for one factor w a prime, shape (P,), with its Shoup constant."""
    out = np.empty_like(a)
    _mul_scalar(a, out, t.q, factor, factor_shoup)
    return out


def total(a: U64, t: Tables) -> U64:
    """Sum of the N residues modulo q, shape (B, P)."""
    out = np.empty(a.shape[:2], dtype=np.uint64)
    _total(a, out, t.q, t.shift, t.barrett)
    return out


def dot(a: U64, b: U64, t: Tables) -> U64:
    """Sum over N of ``a * b`` modulo q, shape (B, P)."""
    out = np.empty(a.shape[:2], dtype=np.uint64)
    _dot(a, b, out, t.q, t.word, t.shift, t.barrett)
    return out
