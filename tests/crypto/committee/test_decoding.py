"""What counts as decided, and who is named."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.crypto.committee.decoding import (
    Decoded,
    Disagreement,
    Undecided,
    decode_all,
    decode_integer,
    decode_polynomial,
)
from assay.crypto.committee.reed_solomon import point
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import SMALL, threshold
from assay.crypto.ring import Ring, cipher_ring
from assay.crypto.ring.tables import U64

RING = cipher_ring(SMALL)
Q = RING.modulus
TINY = Ring(8, (97, 113))  # real NTT primes, few columns


def share_integer(n: int, secret: int, rng: Random) -> dict[int, int]:
    coefficients = [secret, *(rng.randrange(Q) for _ in range(threshold(n)))]
    return {m: sum(c * point(m) ** k for k, c in enumerate(coefficients)) % Q for m in range(n)}


def share_polynomial(n: int, ring: Ring, degree: int, rng: Random) -> tuple[U64, dict[int, U64]]:
    def draw() -> U64:
        return np.array(
            [[rng.randrange(q) for _ in range(ring.degree)] for q in ring.primes], dtype=np.uint64
        )

    coefficients = [draw() for _ in range(degree + 1)]
    shares = {
        m: ring.linear_combination([point(m) ** k for k in range(degree + 1)], coefficients) for m in range(n)
    }
    return coefficients[0], shares


def shuffled(shares: dict[int, U64] | dict[int, int], rng: Random) -> dict[int, object]:
    order = list(shares)
    rng.shuffle(order)
    return {member: shares[member] for member in order}


@given(st.sampled_from([1, 4, 7, 10]), st.integers(0, Q - 1), st.randoms(use_true_random=False), st.data())
def test_up_to_t_wrong_or_missing_shares_change_nothing(
    n: int, secret: int, rng: Random, data: st.DataObject
) -> None:
    shares = share_integer(n, secret, rng)
    affected = data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=threshold(n)))
    missing = data.draw(st.integers(0, len(affected)))
    for member in affected[:missing]:
        del shares[member]
    wrong = tuple(sorted(affected[missing:]))
    for member in wrong:
        # Wrong modulo both primes, or modulo one of them alone: Q is composite.
        error = data.draw(st.sampled_from([1, RING.primes[0], RING.primes[1], Q - 1]))
        shares[member] = (shares[member] + error) % Q
    assert decode_integer(n, RING, shuffled(shares, rng)) == Decoded(secret, wrong)


@given(st.sampled_from([1, 4, 7, 10]), st.randoms(use_true_random=False), st.data())
def test_fewer_than_a_quorum_that_agree_decide_nothing(n: int, rng: Random, data: st.DataObject) -> None:
    shares = share_integer(n, 12345, rng)
    good = data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=quorum(n) - 1))
    others = [m for m in range(n) if m not in good]
    bad = data.draw(st.lists(st.sampled_from(others), unique=True, max_size=threshold(n)))
    kept = {m: shares[m] for m in good}
    kept |= {m: (shares[m] + data.draw(st.integers(1, Q - 1))) % Q for m in bad}
    assert decode_integer(n, RING, kept) == Undecided(len(kept), quorum(n))


@pytest.mark.parametrize("n", [4, 7, 10])
def test_t_liars_in_concert_cannot_move_the_value(n: int) -> None:
    rng = Random(n)
    shares, other = share_integer(n, 7, rng), share_integer(n, 8, rng)
    liars = tuple(range(threshold(n)))
    mixed = shares | {m: other[m] for m in liars}
    assert decode_integer(n, RING, mixed) == Decoded(7, liars)
    # t + 1 of them can stop the decision, not turn it.
    mixed = shares | {m: other[m] for m in range(threshold(n) + 1)}
    assert isinstance(decode_integer(n, RING, mixed), Undecided)


@pytest.mark.parametrize("n", [4, 7, 10])
def test_liars_that_are_wrong_modulo_different_primes_are_all_named(n: int) -> None:
    t = threshold(n)
    shares = share_integer(n, 99, Random(n))
    for m in range(t):
        shares[m] = (shares[m] + RING.primes[m % 2]) % Q
    assert decode_integer(n, RING, shares) == Decoded(99, tuple(range(t)))
    shares[t] = (shares[t] + RING.primes[t % 2]) % Q
    assert isinstance(decode_integer(n, RING, shares), Undecided)


def test_shares_of_nobody_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="numbered from 0"):
        decode_integer(4, RING, {4: 1})


@given(st.sampled_from([1, 4, 7, 10]), st.randoms(use_true_random=False), st.data())
@settings(max_examples=60)
def test_polynomials_decode_whatever_t_members_do_to_any_residues(
    n: int, rng: Random, data: st.DataObject
) -> None:
    secret, shares = share_polynomial(n, TINY, threshold(n), rng)
    affected = data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=threshold(n)))
    missing = data.draw(st.integers(0, len(affected)))
    for member in affected[:missing]:
        del shares[member]
    honest = {member: share.copy() for member, share in shares.items()}
    for member in affected[missing:]:
        spots = data.draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 7)), min_size=1, max_size=4))
        for prime, column in spots:
            shares[member][prime, column] = data.draw(st.integers(0, TINY.primes[prime] - 1))
    result = decode_polynomial(n, TINY, shuffled(shares, rng))
    assert isinstance(result, Decoded)
    assert np.array_equal(result.value, secret)
    assert result.wrong == tuple(m for m in sorted(shares) if not np.array_equal(shares[m], honest[m]))


def test_errors_in_different_columns_count_together() -> None:
    n, t = 7, 2
    secret, shares = share_polynomial(n, TINY, t, Random(1))
    for member, column in ((1, 0), (5, 7)):
        shares[member][0, column] = (shares[member][0, column] + np.uint64(1)) % np.uint64(97)
    result = decode_polynomial(n, TINY, shares)
    assert isinstance(result, Decoded)
    assert result.wrong == (1, 5)
    assert np.array_equal(result.value, secret)
    shares[3][1, 3] = (shares[3][1, 3] + np.uint64(1)) % np.uint64(113)
    assert decode_polynomial(n, TINY, shares) == Undecided(7, 5)


@pytest.mark.parametrize("n", [1, 4, 7, 10])
def test_degree_2t_takes_everybody_and_notices_one_wrong_residue(n: int) -> None:
    secret, shares = share_polynomial(n, TINY, 2 * threshold(n), Random(n))
    result = decode_all(n, TINY, shares)
    assert isinstance(result, Decoded)
    assert np.array_equal(result.value, secret)
    for member in range(n):
        rest = {m: share for m, share in shares.items() if m != member}
        assert decode_all(n, TINY, rest) == Undecided(n - 1, n)
    if n > 1:
        shares[0] = shares[0].copy()
        shares[0][1, 4] = (shares[0][1, 4] + np.uint64(1)) % np.uint64(113)
        assert decode_all(n, TINY, shares) == Disagreement()
