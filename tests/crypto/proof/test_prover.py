"""Other relations than encryption, and what a proof shows of its secrets: nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.crypto.presets import SMALL, STANDARD
from assay.crypto.proof import protocol, prover, verifier
from assay.crypto.proof.errors import ChallengeMismatch, NotProvable
from assay.crypto.proof.prover import Witness
from assay.crypto.proof.relation import ONE, ZERO, Layout, Relation, Row, Secret
from assay.crypto.ring import Ring, Stream

DEGREE, HALF = 256, 128
RING = Ring(DEGREE, STANDARD.primes[:2])
STATEMENT = b"s" * 32


def uniform(name: int) -> Any:
    return np.stack([Stream(b"test", b"", name, i).uniform(q, DEGREE) for i, q in enumerate(RING.primes)])


def solved(kinds: list[tuple[int, bool]], rows: list[tuple[int, int]], count: int, name: int) -> Any:
    """Uniform factors and a witness: secrets (bound, symmetric), rows (error, column with factor 1)."""
    rng = np.random.default_rng(name)
    secrets = [Secret(str(i), b, b * DEGREE, symmetric) for i, (b, symmetric) in enumerate(kinds)]
    x = [rng.integers(-b, b, size=(count, DEGREE), endpoint=True) for b, _ in kinds]
    x = [
        protocol.mirrored(v[:, :HALF]) if symmetric else v for v, (_, symmetric) in zip(x, kinds, strict=True)
    ]
    matrix: list[tuple[Any, ...]] = []
    for i, (error, one) in enumerate(rows):
        factors: list[Any] = [uniform(100 * name + 10 * i + j) for j in range(len(kinds))]
        if one >= 0 and error == 0:
            factors[one] = ONE
        matrix.append(tuple(factors))
    e = [rng.integers(-b, b, size=(count, DEGREE), endpoint=True) for b, _ in rows]
    relation = Relation(RING, tuple(secrets), tuple(Row(b) for b, _ in rows), tuple(matrix))
    return relation, Witness(tuple(x), tuple(e))


def image(relation: Relation, witness: Witness) -> Any:
    first = protocol.first_message(relation, [RING.reduce(x) for x in witness.secrets])
    return RING.add(RING.forward(first), RING.encode(np.stack(witness.errors, axis=1)))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 1 << 40), st.booleans()), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from([0, 1, 5, 1000]), st.integers(-1, 0)), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(0, 1000),
)
def test_any_relation_is_proven(
    kinds: list[tuple[int, bool]], rows: list[tuple[int, int]], count: int, name: int
) -> None:
    relation, witness = solved(kinds, rows, count, name)
    y = image(relation, witness)
    proof = prover.prove(relation, y, witness, STATEMENT, bytes(32))
    assert len(proof) == relation.layout(count).proof_bytes
    verifier.verify(relation, y, STATEMENT, proof)
    for other in (RING.add(y, uniform(1)), RING.neg(y)):
        with pytest.raises(ChallengeMismatch):
            verifier.verify(relation, other, STATEMENT, proof)
    with pytest.raises(ChallengeMismatch):
        verifier.verify(relation, y, b"t" * 32, proof)


def test_a_row_with_factors_of_zero() -> None:
    secrets = (Secret("a", 1, DEGREE), Secret("b", 1, DEGREE, symmetric=True))
    relation = Relation(RING, secrets, (Row(3), Row(0)), ((uniform(1), ZERO), (ZERO, uniform(2))))
    ones = np.ones((1, DEGREE), dtype=np.int64)
    witness = Witness((ones, protocol.mirrored(ones[:, :HALF])), (3 * ones, 0 * ones))
    y = image(relation, witness)
    verifier.verify(relation, y, STATEMENT, prover.prove(relation, y, witness, STATEMENT, bytes(32)))


def test_masks_serve_one_statement_and_one_attempt() -> None:
    layout = Layout(1, (26,), (20,), (), (), (64,))
    made = [prover._masks(layout, s, bytes(32), a)[0] for s in (b"a" * 32, b"b" * 32) for a in (0, 1)]
    assert len({m.tobytes() for m in made}) == 4
    assert all((m[0] < 1 << 20).all() and not m[1].any() for m in made)


def test_extreme_integers_are_not_taken_for_small_ones() -> None:
    relation, witness = solved([(1, False)], [(0, -1)], 1, 1)
    y = image(relation, witness)
    low = witness.secrets[0].copy()
    low[0, 0] = np.iinfo(np.int64).min
    with pytest.raises(NotProvable, match="longer than its bound"):
        prover.prove(relation, y, Witness((low,), witness.errors), STATEMENT, bytes(32))


# -- zero knowledge -------------------------------------------------------------------------------


@pytest.mark.parametrize("growth", [0, 1, 5, 26])
def test_accepted_responses_are_exactly_uniform(growth: int) -> None:
    """Whatever the secret adds, every response in range comes from one mask out of 2^8, for every shift."""
    layout = Layout(1, (growth,), (8,), (), (), (256,))
    masks = np.stack((np.arange(256, dtype=np.uint64), np.zeros(256, dtype=np.uint64)))
    for shift in range(-growth, growth + 1):
        low, high = prover._lowered(masks, np.full(256, growth - shift))
        accepted = low[(high == 0) & (low <= layout.limit(0))]
        assert np.array_equal(np.sort(accepted), np.arange(256 - 2 * growth))


def test_a_borrow_reaches_the_high_word() -> None:
    masks = np.array([[5, 0, 0], [1, 1, 0]], dtype=np.uint64)
    low, high = prover._lowered(masks, np.array([6, 1, 1])).astype(object)
    assert [lo + (hi << 64) for lo, hi in zip(low, high, strict=True)] == [2**64 - 1, 2**64 - 1, 2**128 - 1]


def test_steady_means_that_no_error_within_bounds_shows() -> None:
    modulus, bucket = 1000, 5
    for growth in (0, 1, 7):
        for seen in range(modulus):
            buckets = {(seen + x) % modulus >> bucket for x in range(-growth, growth + 1)}
            wide = np.array([[seen], [0]], dtype=np.uint64)
            top = seen >= 992  # the last bucket is cut off by the modulus
            assert prover.steady(wide, growth, bucket, modulus) == (len(buckets) == 1) or top
            assert len(buckets) == 1 or not prover.steady(wide, growth, bucket, modulus)


def test_responses_tell_nothing_of_extreme_secrets() -> None:
    """Coarse chi-square of 16 classes, for u = -1, 0 and 1 everywhere, with the same masks."""
    ring = Ring(DEGREE, SMALL.cipher_primes)
    relation = Relation(ring, (Secret("u", 1, 16),), (Row(2),), ((ring.encode(np.arange(DEGREE)),),))
    layout = relation.layout(1)
    for value in (-1, 0, 1):
        x, e = np.full((1, DEGREE), value), np.full((1, DEGREE), 2 * value)
        first = protocol.first_message(relation, [ring.reduce(x)])
        y = ring.forward(ring.add(first, ring.reduce(e)[:, None]))
        responses = []
        for i in range(40):
            proof = prover.prove(relation, y, Witness((x,), (e,)), STATEMENT, i.to_bytes(32, "big"))
            responses.append(verifier._parse(layout, proof)[0][0, 0])
        counts = np.histogram(np.concatenate(responses), bins=16, range=(0, layout.limit(0) + 1))[0]
        expected = 40 * DEGREE / 16
        assert ((counts - expected) ** 2 / expected).sum() < 45  # 15 degrees: 10^-4
