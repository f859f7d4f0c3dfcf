"""Widths follow from bounds alone, and what cannot be proven is refused."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest

from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.proof import encryption, proof_bytes
from assay.crypto.proof.errors import RelationError
from assay.crypto.proof.relation import ONE, ZERO, Relation, Row, Secret
from assay.crypto.ring import Ring, cipher_ring

RING = Ring(256, STANDARD.primes[:2])
A = RING.encode(np.arange(256))
SHORT = Secret("x", 1, 16)
SYMMETRIC = Secret("m", 1000, 8000, symmetric=True)


def test_sizes_of_an_encryptions_proof() -> None:
    assert [proof_bytes(STANDARD, k) for k in (1, 2, 4)] == [54816, 112672, 231456]
    assert [proof_bytes(SMALL, k) for k in (1, 2, 4)] == [20512, 42528, 88096]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 64])
def test_an_attempt_succeeds_with_at_least_a_fifth(preset: Preset, count: int) -> None:
    layout = encryption.layout(preset, count)
    places = (preset.degree // 2, preset.degree)
    lost = sum(
        2 * g * n * count / 2**w
        for g, n, w in zip(layout.growths, layout.coordinates, layout.widths, strict=True)
    ) + sum(
        2 * g * n * count / 2**b for g, n, b in zip(layout.error_growths, places, layout.buckets, strict=True)
    )
    assert exp(-lost) > 0.22
    assert count > 1 or exp(-lost) > 0.3


def test_growth_is_the_lesser_of_two_bounds() -> None:
    assert Secret("x", 1, 10**6).growth(13) == 26
    assert Secret("x", 1000, 1000).growth(13) == 5100  # sqrt(26) * 1000, rounded up


@pytest.mark.parametrize(
    ("rows", "matrix", "reason"),
    [
        ((Row(1),), ((A,),), "one factor for each row and secret"),
        ((Row(1),), ((A, ONE),), "must be absorbed"),
        ((Row(1, absorbed_by=0),), ((ONE, A),), "only a symmetric secret"),
        ((Row(1, absorbed_by=1),), ((A, A),), "in its row alone"),
        ((Row(1, absorbed_by=1), Row(0)), ((A, ONE), (A, A)), "in its row alone"),
        ((Row(1, absorbed_by=1),), ((ONE, ONE),), "in its row alone"),
    ],
)
def test_relations_with_many_proofs_of_one_statement_are_refused(
    rows: tuple[Row, ...], matrix: Any, reason: str
) -> None:
    with pytest.raises(RelationError, match=reason):
        Relation(RING, (SHORT, SYMMETRIC), rows, matrix)


def test_three_primes_are_refused() -> None:
    with pytest.raises(RelationError, match="two primes"):
        Relation(Ring(256, STANDARD.primes), (SHORT,), (Row(0),), ((ONE,),))


def test_secrets_that_do_not_fit_words_are_refused() -> None:
    huge = Relation(RING, (Secret("x", 1 << 60, 1 << 64),), (Row(0),), ((ONE,),))
    with pytest.raises(RelationError, match="62 bits"):
        huge.layout(1)
    wide = Relation(RING, (SHORT,), (Row(1 << 50),), ((A,),))
    with pytest.raises(RelationError, match="buckets 63"):
        wide.layout(1)


def test_only_secrets_beside_ring_elements_are_transformed() -> None:
    zero = cipher_ring(SMALL).zero()
    made = encryption.relation(SMALL, zero, zero)
    assert [made.transformed(j) for j in range(2)] == [True, False]
    assert made.matrix[1][1] == ZERO
