"""The kernels in use: compiled where numba is installed, else plain numpy; both give the same integers."""

from __future__ import annotations

try:
    from assay.crypto.proof.compiled import compose, exceeds, residues, unpack

    COMPILED = True
except ImportError:  # the client's base install has no numba
    from assay.crypto.proof.reference import compose, exceeds, residues, unpack

    COMPILED = False

__all__ = ["COMPILED", "compose", "exceeds", "residues", "unpack"]
