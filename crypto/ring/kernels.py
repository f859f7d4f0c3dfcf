"""The kernels in use: compiled where numba is installed, else plain numpy; both give the same integers.

They are chosen at their first use: to import numba takes longer than most commands do, and few compute.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.crypto.ring.reference import COMPILED, add, dot, forward, inverse, mul, mul_scalar, sub, total

__all__ = ["COMPILED", "add", "dot", "forward", "inverse", "mul", "mul_scalar", "sub", "total"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    chosen = _choose()
    globals().update({each: getattr(chosen, each) for each in __all__})
    return getattr(chosen, name)


def _choose() -> ModuleType:
    try:
        from assay.crypto.ring import compiled
    except ImportError:  # the client's base install has no numba
        from assay.crypto.ring import reference

        return reference
    return compiled
