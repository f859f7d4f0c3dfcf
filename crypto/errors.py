"""Exceptions of `assay.crypto` that carry no code of their own."""

from __future__ import annotations


class CryptoError(Exception):
    """Anything that `assay.crypto` refuses."""


class PresetError(CryptoError, ValueError):
    """A preset, committee or round size that does not satisfy the inequalities."""


class EngineMismatch(CryptoError, RuntimeError):
    """The homomorphic engine of this machine does not compute what every other node computes."""
