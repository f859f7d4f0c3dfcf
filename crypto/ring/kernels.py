"""The kernels in use: compiled where numba is installed, else plain numpy; both give the same integers."""

from __future__ import annotations

try:
    from assay.crypto.ring.compiled import add, dot, forward, inverse, mul, mul_scalar, sub, total

    COMPILED = True
except ImportError:  # the client's base install has no numba
    from assay.crypto.ring.reference import add, dot, forward, inverse, mul, mul_scalar, sub, total

    COMPILED = False

__all__ = ["COMPILED", "add", "dot", "forward", "inverse", "mul", "mul_scalar", "sub", "total"]
