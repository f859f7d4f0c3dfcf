"""Kernels of the proof compiled with numba; they give the same integers as `assay.crypto.proof.reference`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from assay.crypto.proof.constants import Constants
from assay.crypto.ring.compiled import _mul_lazy, _mulhi, _once
from assay.crypto.ring.tables import U64

COMPILED = True
"""Whether these are the kernels that numba compiles."""
_compiled = njit(cache=True, boundscheck=False, error_model="numpy", nogil=True)


@_compiled
def _unpack(words: Any, width: Any, out: Any) -> None:
    for i in range(out.shape[1]):
        bit = i * width
        place, shift = bit >> 6, np.uint64(bit & 63)
        low, high = words[place] >> shift, words[place + 1] >> shift
        if shift:
            back = np.uint64(64) - shift
            low |= words[place + 1] << back
            high |= words[place + 2] << back
        if width < 64:
            low, high = low & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)), np.uint64(0)
        elif width == 64:
            high = np.uint64(0)
        else:
            high &= (np.uint64(1) << np.uint64(width - 64)) - np.uint64(1)
        out[0, i], out[1, i] = low, high


@_compiled
def _exceeds(low: Any, high: Any, limit_low: Any, limit_high: Any) -> Any:
    found = False
    for i in range(low.shape[0]):
        found |= high[i] > limit_high or (high[i] == limit_high and low[i] > limit_low)
    return found


@_compiled
def _residues(wide: Any, offset: Any, out: Any, q: Any, one_shoup: Any, word: Any, word_shoup: Any) -> None:
    for k in range(out.shape[0]):
        for p in range(out.shape[1]):
            for j in range(out.shape[2]):
                rest = _once(_mul_lazy(wide[0, k, j], np.uint64(1), one_shoup[p], q[p]), q[p])
                top = _once(_mul_lazy(wide[1, k, j], word[p], word_shoup[p], q[p]), q[p])
                out[k, p, j] = _once(_once(rest + top, q[p]) + (q[p] - offset[p]), q[p])


@_compiled
def _compose(a: Any, shifts: Any, out: Any, q: Any, lift: Any, lift_shoup: Any) -> None:
    half = a.shape[3] // 2
    for k in range(a.shape[0]):
        for i in range(a.shape[1]):
            for j in range(a.shape[3]):
                first = a[k, i, 0, j]
                gap = a[k, i, 1, j] + (q[1] + q[1] - first)
                digit = _once(_mul_lazy(gap, lift, lift_shoup, q[1]), q[1])
                low = digit * q[0] + first
                high = _mulhi(digit, q[0]) + np.uint64(low < first)
                shift = shifts[i, 0] if j < half else shifts[i, 1]
                if shift:
                    low = (low >> shift) | (high << (np.uint64(64) - shift))
                    high >>= shift
                out[k, i, j, 0], out[k, i, j, 1] = low, high


def unpack(data: bytes, width: int, count: int) -> U64:
    """Fields of `width` bits (at most 120), little endian and without gaps: wide, shape (2, count)."""
    words = np.frombuffer(data + bytes(24 - len(data) % 8), dtype="<u8")
    out = np.empty((2, count), dtype=np.uint64)
    _unpack(words, width, out)
    return out


def exceeds(wide: U64, limit: U64) -> bool:
    """Whether any of them is above `limit`, given as (low, high)."""
    flat = wide.reshape(2, -1)
    return bool(_exceeds(flat[0], flat[1], limit[0], limit[1]))


def residues(wide: U64, offset: U64, c: Constants) -> U64:
    """``(value - offset) mod q``, offset given as residues: wide of shape (2, K, n) to (K, P, n)."""
    out = np.empty((wide.shape[1], len(c.q), wide.shape[2]), dtype=np.uint64)
    _residues(wide, offset, out, c.q, c.one_shoup, c.word, c.word_shoup)
    return out


def compose(coefficients: U64, shifts: U64, c: Constants) -> U64:
    """Chinese remainders in [0, Q), shifted right: (K, rows, 2, N) to (K, rows, N, 2), low and high word."""
    count, rows, _, degree = coefficients.shape
    out = np.empty((count, rows, degree, 2), dtype=np.uint64)
    _compose(np.ascontiguousarray(coefficients), shifts, out, c.q, c.lift, c.lift_shoup)
    return out
