"""`Ring`: polynomials modulo several primes, whichever kernels are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.crypto.presets import Preset
from assay.crypto.ring import kernels
from assay.crypto.ring.tables import U64, Tables, tables

Integers = NDArray[Any] | Sequence[int]


class Ring:
    """``Z_Q[X] / (X^N + 1)`` with Q the product of NTT primes.

    Arrays of residues have shape ``(..., P, N)``, dtype ``uint64``, every
    entry below its prime; they are in NTT form unless said otherwise.
    Methods never change their arguments. Results do not depend on the kernels.

    Parameters
    ----------
    degree : int
        N, a power of two.
    primes : sequence of int
        Distinct primes, 1 modulo 2N and below 2^61.
    """

    def __init__(self, degree: int, primes: Sequence[int]) -> None:
        self.degree = degree
        self.primes = tuple(primes)
        self.modulus = prod(self.primes)
        self.tables: Tables = tables(degree, self.primes)

    def __repr__(self) -> str:
        return f"Ring({self.degree}, {self.primes})"

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (P, N) of one polynomial."""
        return len(self.primes), self.degree

    # -- transforms -----------------------------------------------------------------------------

    def forward(self, coefficients: U64) -> U64:
        """NTT form of residues of coefficients."""
        return self._batched(kernels.forward, coefficients)

    def inverse(self, a: U64) -> U64:
        """Residues of the coefficients of `a`."""
        return self._batched(kernels.inverse, a)

    # -- pointwise ------------------------------------------------------------------------------

    def add(self, a: U64, b: U64) -> U64:
        """``a + b``."""
        return self._batched(kernels.add, a, b)

    def sub(self, a: U64, b: U64) -> U64:
        """``a - b``."""
        return self._batched(kernels.sub, a, b)

    def neg(self, a: U64) -> U64:
        """``-a``."""
        return self.sub(np.zeros_like(a), a)

    def mul(self, a: U64, b: U64) -> U64:
        """``a * b`` (pointwise: both in NTT form)."""
        return self._batched(kernels.mul, a, b)

    def mul_integer(self, a: U64, factor: int) -> U64:
        """``factor * a`` for any Python integer; coefficients or NTT form."""
        factors = [factor % q for q in self.primes]
        shoup = [(w << 64) // q for w, q in zip(factors, self.primes, strict=True)]
        words = np.array([factors, shoup], dtype=np.uint64)
        return self._batched(lambda x, t: kernels.mul_scalar(x, words[0], words[1], t), a)

    def linear_combination(self, factors: Iterable[int], polynomials: Iterable[U64]) -> U64:
        """``sum factor_i * a_i``, as in Lagrange interpolation; coefficients or NTT form."""
        total = self.zero()
        for factor, a in zip(factors, polynomials, strict=True):
            total = self.add(total, self.mul_integer(a, factor))
        return total

    def sum(self, polynomials: Iterable[U64]) -> U64:
        """Sum of any number of polynomials."""
        total = self.zero()
        for a in polynomials:
            total = self.add(total, a)
        return total

    def zero(self) -> U64:
        """The zero polynomial, shape (P, N)."""
        return np.zeros(self.shape, dtype=np.uint64)

    # -- integers -------------------------------------------------------------------------------

    def reduce(self, integers: Integers) -> U64:
        """Residues of signed integers: (..., N) of int64, object or Python ints to (..., P, N)."""
        values = np.asarray(integers)
        if values.dtype.kind not in "iO":
            values = np.array(integers, dtype=object)
        if values.dtype.kind == "i" and _within(values, min(self.primes)):
            values = values.astype(np.int64, copy=False)
            rows = [values + ((values >> 63) & q) for q in self.primes]  # the shift is -1 where negative
        else:
            rows = [values % q for q in self.primes]
        return np.stack(rows, axis=-2).astype(np.uint64)

    def encode(self, integers: Integers) -> U64:
        """NTT form of the polynomial with these signed integer coefficients."""
        return self.forward(self.reduce(integers))

    def combine(self, residues: U64) -> NDArray[np.object_]:
        """Chinese remainders: integers in [0, Q) of residues of shape (..., P, K), any K; shape (..., K)."""
        columns = residues.astype(object)
        value, product = columns[..., 0, :], self.primes[0]
        for i, q in enumerate(self.primes[1:], start=1):
            value = value + product * ((columns[..., i, :] - value) * pow(product, -1, q) % q)
            product *= q
        return np.asarray(value, dtype=object)

    def combine_signed(self, residues: U64) -> NDArray[np.object_]:
        """As `combine`, with representatives in (-Q/2, Q/2)."""
        value = self.combine(residues)
        above = (value > self.modulus // 2).astype(object)
        return np.asarray(value - self.modulus * above, dtype=object)

    def decode(self, a: U64) -> NDArray[np.object_]:
        """Signed integer coefficients, in (-Q/2, Q/2), of polynomials in NTT form."""
        return self.combine_signed(self.inverse(a))

    def constant(self, a: U64) -> int:
        """Constant coefficient, in [0, Q), of one polynomial in NTT form: ``N^-1 * sum of its values``."""
        return self._mean(kernels.total(np.ascontiguousarray(a)[None], self.tables))

    def constant_of_product(self, a: U64, b: U64) -> int:
        """Constant coefficient, in [0, Q), of ``a * b``, both of shape (P, N) and in NTT form."""
        return self._mean(
            kernels.dot(np.ascontiguousarray(a)[None], np.ascontiguousarray(b)[None], self.tables)
        )

    def _mean(self, sums: U64) -> int:
        return int(self.combine(sums.T)[0]) * pow(self.degree, -1, self.modulus) % self.modulus

    def signed(self, value: int) -> int:
        """Representative in (-Q/2, Q/2) of an integer modulo Q."""
        value %= self.modulus
        return value - self.modulus if value > self.modulus // 2 else value

    def is_canonical(self, a: U64) -> bool:
        """Whether shape and type are right and every residue is below its prime."""
        if a.dtype != np.uint64 or a.shape[-2:] != self.shape:
            return False
        return bool((a.max(axis=-1) < self.tables.q).all())

    def _batched(self, kernel: Callable[..., U64], *operands: U64) -> U64:
        """Broadcast the operands, flatten leading axes to one, run the kernel, and shape the result back."""
        shape = np.broadcast_shapes(*(a.shape for a in operands))
        if shape[-2:] != self.shape:
            raise ValueError(f"residues must have shape (..., {self.shape[0]}, {self.shape[1]}), not {shape}")
        flat = [np.ascontiguousarray(np.broadcast_to(a, shape)).reshape(-1, *self.shape) for a in operands]
        return kernel(*flat, self.tables).reshape(shape)


def _within(values: NDArray[Any], bound: int) -> bool:
    return values.size > 0 and int(values.max()) < bound and int(values.min()) > -bound


@lru_cache(maxsize=8)
def cipher_ring(preset: Preset) -> Ring:
    """Ring of ciphertexts, modulo Q (two primes)."""
    return Ring(preset.degree, preset.cipher_primes)


@lru_cache(maxsize=8)
def key_ring(preset: Preset) -> Ring:
    """Ring of key switching, modulo Q and the special prime (three primes)."""
    return Ring(preset.degree, preset.primes)
