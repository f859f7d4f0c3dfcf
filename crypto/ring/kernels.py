"""The kernels in use (`assay.crypto.compiled` tells which).

They are chosen at their first use: to import numba takes longer than most commands do, and few compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.crypto.compiled import kernels

if TYPE_CHECKING:
    from assay.crypto.ring.reference import COMPILED, add, dot, forward, inverse, mul, mul_scalar, sub, total

__all__ = ["COMPILED", "add", "dot", "forward", "inverse", "mul", "mul_scalar", "sub", "total"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    globals().update(kernels("assay.crypto.ring", __all__))
    return globals()[name]
