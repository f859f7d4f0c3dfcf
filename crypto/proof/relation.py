"""What is proven: ``A x + e = y`` over ``Z_Q[X] / (X^N + 1)`` with short x and e.

A relation says which secrets there are, how short they are, which of them are
symmetric (fixed by ``X -> X^-1``), and how they enter each row. From this follow
all widths of the protocol (`Layout`); the data have no say in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isqrt
from typing import Final

import numpy as np

from assay.crypto.proof.challenge import SEED_BYTES, pairs_for
from assay.crypto.proof.errors import RelationError
from assay.crypto.ring import Ring
from assay.crypto.ring.tables import U64

#: Factors of a secret in a row besides ring elements.
ZERO: Final = 0
ONE: Final = 1
Factor = U64 | int

# A mask is 4 times as wide as all coordinates of its secret together can move: they stay in range with
# probability exp(-1/2) or so. A bucket is 8 times as wide as all that its row rounds can move: exp(-1/4).
_MASK_FACTOR: Final = 4
_BUCKET_FACTOR: Final = 8


@dataclass(frozen=True)
class Secret:
    """One short unknown.

    Attributes
    ----------
    name : str
        For messages.
    largest : int
        Bound of its coefficients.
    norm : int
        Bound of their Euclidean length.
    symmetric : bool
        Whether coefficient N - j is the negative of coefficient j and coefficient N/2 is zero. Then only
        coefficients 0 .. N/2 - 1 are masked and sent.
    """

    name: str
    largest: int
    norm: int
    symmetric: bool = False

    def coordinates(self, degree: int) -> int:
        """Integers that determine it."""
        return degree // 2 if self.symmetric else degree

    def growth(self, pairs: int) -> int:
        """Bound of the coefficients of a challenge times this: by the sum of moduli, or by Cauchy-Schwarz."""
        return min(2 * pairs * self.largest, isqrt(2 * pairs * self.norm * self.norm) + 1)


@dataclass(frozen=True)
class Row:
    """One equation.

    Attributes
    ----------
    error : int
        Bound of the coefficients of its error; 0 if it holds exactly.
    absorbed_by : int or None
        Index of the symmetric secret, with factor 1 here and 0 elsewhere, that takes up the error's
        coefficients 0 .. N/2 - 1. Without this an error and a secret with factor 1 could be shifted
        against each other, and every proof would have many forms.
    """

    error: int
    absorbed_by: int | None = None

    def growth(self, pairs: int) -> int:
        """Bound of the coefficients of a challenge times the error, after the absorption."""
        return 2 * pairs * self.error * (1 if self.absorbed_by is None else 2)


@dataclass(frozen=True)
class Relation:
    """A matrix of factors over a ring, and bounds.

    Parameters
    ----------
    ring : Ring
        Of two primes with ``q0 < 2 q1``.
    secrets : tuple of Secret
        Columns.
    rows : tuple of Row
    matrix : tuple of tuple of (uint64 array of shape (P, N) in NTT form, `ZERO` or `ONE`)
        One tuple a row.

    Raises
    ------
    RelationError
        The protocol cannot prove this.
    """

    ring: Ring
    secrets: tuple[Secret, ...]
    rows: tuple[Row, ...]
    matrix: tuple[tuple[Factor, ...], ...]

    def __post_init__(self) -> None:
        primes = self.ring.primes
        _require(len(primes) == 2 and primes[0] < 2 * primes[1], "the ring must have two primes of like size")
        shape = (len(self.rows), *(len(row) for row in self.matrix))
        _require(
            shape == (len(self.matrix), *[len(self.secrets)] * len(self.rows)),
            "the matrix must have one factor for each row and secret",
        )
        for i, row in enumerate(self.rows):
            self._check_row(i, row)

    def _check_row(self, index: int, row: Row) -> None:
        ones = [j for j in range(len(self.secrets)) if is_one(self.matrix[index][j])]
        if row.absorbed_by is not None:
            j = row.absorbed_by
            others = [self.matrix[i][j] for i in range(len(self.rows)) if i != index]
            _require(self.secrets[j].symmetric, "only a symmetric secret can absorb an error")
            _require(ones == [j] and all(is_zero(f) for f in others), "what absorbs occurs in its row alone")
        else:
            _require(row.error == 0 or not ones, "an error beside a factor of 1 must be absorbed")

    @cached_property
    def pairs(self) -> int:
        """Signed pairs of a challenge."""
        return pairs_for(self.ring.degree)

    def layout(self, count: int) -> Layout:
        """Widths for `count` statements proven together."""
        return _layout(self.ring.degree, self.secrets, self.rows, count)

    def transformed(self, column: int) -> bool:
        """Whether some row multiplies this secret by a ring element."""
        return any(isinstance(row[column], np.ndarray) for row in self.matrix)


@dataclass(frozen=True)
class Layout:
    """Everything that follows from bounds and the number of statements; all public.

    Attributes
    ----------
    count : int
        Statements K proven together.
    growths, widths : tuple of int, one a secret
        Most that a challenge times the secret moves a coordinate by, and bits of a mask and of a response.
    error_growths, buckets : tuple of int, one a row
        The same for errors: bits that are rounded away (0 for an exact row).
    coordinates : tuple of int
        Integers a statement that are sent for each secret.
    """

    count: int
    growths: tuple[int, ...]
    widths: tuple[int, ...]
    error_growths: tuple[int, ...]
    buckets: tuple[int, ...]
    coordinates: tuple[int, ...]

    def limit(self, secret: int) -> int:
        """Largest encoded response: ``2^width - 2 growth - 1``."""
        return (1 << self.widths[secret]) - 2 * self.growths[secret] - 1

    def offset(self, secret: int) -> int:
        """An encoded response less this is the response: ``2^(width - 1) - growth``."""
        return (1 << (self.widths[secret] - 1)) - self.growths[secret]

    def block_bytes(self, secret: int) -> int:
        """Bytes of one secret's responses."""
        return self.count * self.coordinates[secret] * self.widths[secret] // 8

    @property
    def proof_bytes(self) -> int:
        """Length of a proof."""
        return SEED_BYTES + sum(self.block_bytes(j) for j in range(len(self.widths)))


@lru_cache(maxsize=64)
def _layout(degree: int, secrets: tuple[Secret, ...], rows: tuple[Row, ...], count: int) -> Layout:
    pairs = pairs_for(degree)
    coordinates = tuple(s.coordinates(degree) for s in secrets)
    growths = tuple(s.growth(pairs) + _absorbed(rows, j, pairs) for j, s in enumerate(secrets))
    errors = tuple(row.growth(pairs) for row in rows)
    places = (degree if row.absorbed_by is None else degree // 2 for row in rows)
    widths = tuple(_bits(_MASK_FACTOR * g * n * count) for g, n in zip(growths, coordinates, strict=True))
    buckets = tuple(
        _bits(_BUCKET_FACTOR * g * n * count) if g else 0 for g, n in zip(errors, places, strict=True)
    )
    _require(max(growths) < 1 << 62, "a challenge times a secret must fit 62 bits")
    _require(max(widths) <= 120 and max(buckets) < 64, "masks must fit 120 bits and buckets 63")
    return Layout(count, growths, widths, errors, buckets, coordinates)


def _absorbed(rows: tuple[Row, ...], column: int, pairs: int) -> int:
    return sum(2 * pairs * row.error for row in rows if row.absorbed_by == column)


def _bits(least: int) -> int:
    """Least b with ``2^b >= least``."""
    return (least - 1).bit_length()


def is_one(factor: Factor) -> bool:
    """Whether a factor is `ONE`."""
    return isinstance(factor, int) and factor == ONE


def is_zero(factor: Factor) -> bool:
    """Whether a factor is `ZERO`."""
    return isinstance(factor, int) and factor == ZERO


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise RelationError(f"this relation cannot be proven: {sentence}")
