"""The collective relinearisation key: SEAL's layout, all shares, and a name for whoever spoils it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assay.crypto.committee import relin_key
from assay.crypto.committee.decoding import Decoded, Disagreement, Undecided
from assay.crypto.committee.reed_solomon import interpolate_at
from assay.crypto.committee.sharing import all_sharers, slot_ring
from assay.crypto.committee.subsets import subsets
from assay.crypto.presets import ERROR_BITS, SMALL, STANDARD, Preset, threshold
from assay.crypto.ring import key_ring

SLOTS = [(component, prime) for component in range(2) for prime in range(3)]


@pytest.mark.parametrize(("n", "preset"), [(1, SMALL), (4, SMALL), (7, SMALL), (4, STANDARD)])
def test_components_encrypt_the_square_of_the_secret_as_seal_wants_it(
    n: int, preset: Preset, committee: Callable[..., Any]
) -> None:
    made, ring, seeds = committee(n, preset), key_ring(preset), len(subsets(n))
    secret = made.secret_key
    assert made.relin.shape == (2, 2, 3, preset.degree)
    square = ring.mul_integer(ring.mul(secret, secret), preset.primes[-1])
    for component in range(2):
        b, a = made.relin[component]
        expected = ring.neg(ring.mul(a, secret))
        expected[component] = ring.add(expected, square)[component]
        error = ring.decode(ring.sub(b, expected)).astype(np.int64)
        assert np.abs(error).max() <= ERROR_BITS * seeds
        assert 0.9 < (error**2).mean() / (seeds * ERROR_BITS / 2) < 1.1


@pytest.mark.parametrize(("component", "prime"), SLOTS)
def test_every_share_is_needed(component: int, prime: int, committee: Callable[..., Any]) -> None:
    made = committee(4)
    shares = made.relin_shares(component, prime)
    for member in range(4):
        rest = {m: share for m, share in shares.items() if m != member}
        assert relin_key.aggregate_shares(made.key, component, prime, rest) == Undecided(3, 4)


@pytest.mark.parametrize("n", [4, 7])
@pytest.mark.parametrize(("component", "prime"), [(0, 0), (0, 1), (1, 1), (1, 2)])
def test_wrong_shares_are_noticed_and_their_authors_named(
    n: int, component: int, prime: int, committee: Callable[..., Any]
) -> None:
    made = committee(n)
    shares = made.relin_shares(component, prime)
    liars = tuple(range(n - threshold(n), n))
    for member in liars:
        shares[member] = shares[member].copy()
        shares[member][0, 11] = (int(shares[member][0, 11]) + 1) % SMALL.primes[prime]
    result = relin_key.aggregate_shares(made.key, component, prime, shares)
    if component == prime:
        assert result == Disagreement()
    else:
        assert isinstance(result, Decoded)
        assert result.wrong == liars
        assert np.array_equal(result.value[0], made.relin[component, 0, prime])
    sharers = all_sharers(made.key, made.seeds)
    assert relin_key.blame(sharers, component, prime, shares) == liars


def test_a_share_without_the_square_is_noticed(committee: Callable[..., Any]) -> None:
    made = committee(4)
    shares = made.relin_shares(1, 1)
    shares[2] = made.relin_shares(1, 0)[2]
    assert relin_key.aggregate_shares(made.key, 1, 1, shares) == Disagreement()
    assert relin_key.blame(all_sharers(made.key, made.seeds), 1, 1, shares) == (2,)


@pytest.mark.parametrize("n", [4, 7])
def test_the_square_lies_on_degree_2t_and_is_masked_by_a_sharing_of_zero(
    n: int, committee: Callable[..., Any]
) -> None:
    made, t, prime = committee(n), threshold(n), SMALL.primes[0]
    posted = made.relin_shares(0, 0)
    zeros = {s.member: s.zero("relin-key-zero", slot_ring(SMALL, 0), 0) for s in made.sharers}
    for column in (0, 1, SMALL.degree - 1):
        masks = {m: int(zero[0, column]) for m, zero in zeros.items()}
        assert interpolate_at({m: masks[m] for m in range(2 * t + 1)}, 0, prime) == 0
        values = {m: int(share[0, column]) for m, share in posted.items()}
        combined = int(made.relin[0, 0, 0, column])
        assert interpolate_at({m: values[m] for m in range(2 * t + 1)}, 0, prime) == combined
        assert interpolate_at({m: values[m] for m in range(t + 1)}, 0, prime) != combined
    for sharer in made.sharers:  # what is posted is the product of shares behind that mask, never bare
        ring, secret = slot_ring(SMALL, 0), sharer.secret_key[:1]
        common = relin_key.common_polynomial(made.key, 0)[:1]
        square = ring.mul_integer(ring.mul(secret, secret), SMALL.primes[-1])
        bare = ring.sub(square, ring.add(ring.mul(common, secret), sharer.error("relin-key-error", ring, 0)))
        assert np.array_equal(ring.sub(posted[sharer.member], bare), zeros[sharer.member])
        assert zeros[sharer.member].any()
