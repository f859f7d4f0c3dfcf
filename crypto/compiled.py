"""Kernels compiled where numba is installed, else in plain numpy; both give the same integers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any


def kernels(package: str, names: Sequence[str]) -> dict[str, Any]:
    """Return functions of ``PACKAGE.compiled``, or of ``PACKAGE.reference`` where there is no numba."""
    try:
        chosen = import_module(f"{package}.compiled")
    except ImportError:  # the client's base install has no numba
        chosen = import_module(f"{package}.reference")
    return {name: getattr(chosen, name) for name in names}
