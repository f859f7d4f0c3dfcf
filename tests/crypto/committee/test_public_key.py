"""The collective public key: an ordinary one, whoever of t members lies or stays away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest

from assay.crypto.committee import public_key
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.subsets import quorum, subsets
from assay.crypto.presets import ERROR_BITS, SMALL, STANDARD, Preset, threshold
from assay.crypto.ring import cipher_ring, key_ring


@pytest.mark.parametrize(("n", "preset"), [(1, SMALL), (4, SMALL), (7, SMALL), (1, STANDARD), (4, STANDARD)])
def test_the_key_hides_a_short_secret_behind_a_short_error(
    n: int, preset: Preset, committee: Callable[..., Any]
) -> None:
    made, ring, seeds = committee(n, preset), cipher_ring(preset), len(subsets(n))
    secret = made.secret_key
    assert np.abs(key_ring(preset).decode(secret)).max() <= seeds
    masked = ring.mul(public_key.common_polynomial(made.key), secret[:2])
    error = ring.decode(ring.neg(ring.add(made.p0, masked))).astype(np.int64)
    assert np.abs(error).max() <= ERROR_BITS * seeds
    # The mean square of N such coefficients is their variance, ERROR_BITS / 2 a seed, up to a few per cent.
    assert 0.9 < (error**2).mean() / (seeds * ERROR_BITS / 2) < 1.1
    assert abs(error.mean()) < 0.2 * np.sqrt(seeds)


@pytest.mark.parametrize("n", [4, 7])
def test_up_to_t_wrong_or_missing_shares_change_nothing(n: int, committee: Callable[..., Any]) -> None:
    made, rng, t = committee(n), Random(n), threshold(n)
    shares = made.public_key_shares(0)
    for wrong in range(t + 1):
        received = {member: share.copy() for member, share in shares.items()}
        liars = sorted(rng.sample(range(n), t))
        for member in liars[:wrong]:
            column = rng.randrange(SMALL.degree)
            received[member][0, column] = (int(received[member][0, column]) + 1) % SMALL.primes[0]
        for member in liars[wrong:]:
            del received[member]
        order = rng.sample(sorted(received), len(received))
        result = public_key.aggregate_shares(made.key, 0, {member: received[member] for member in order})
        assert isinstance(result, Decoded)
        assert result.wrong == tuple(liars[:wrong])
        assert np.array_equal(result.value, made.p0[:1])


def test_below_a_quorum_there_is_no_key(committee: Callable[..., Any]) -> None:
    made = committee(4)
    shares = made.public_key_shares(1)
    for members in combinations(range(4), 2):
        received = {member: shares[member] for member in members}
        assert public_key.aggregate_shares(made.key, 1, received) == Undecided(2, quorum(4))


def test_the_common_polynomial_is_the_keys_alone() -> None:
    first, second = (CommitteeKey("assay-test", number, SMALL, 4) for number in (1, 2))
    a, b = public_key.common_polynomial(first), public_key.common_polynomial(second)
    assert cipher_ring(SMALL).is_canonical(a)
    assert not np.array_equal(a, b)
    assert np.array_equal(a, public_key.common_polynomial(CommitteeKey("assay-test", 1, SMALL, 4)))
