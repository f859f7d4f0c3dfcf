"""Shares that follow from seeds: what they add up to, and on which polynomials they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.crypto.committee import relin_key
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.reed_solomon import interpolate_at, outliers, point
from assay.crypto.committee.sharing import Sharer, all_sharers, slot_ring, weight
from assay.crypto.committee.subsets import held, subsets
from assay.crypto.presets import COMMITTEE_SIZES, SMALL, STANDARD, threshold
from assay.crypto.ring import Stream, cipher_ring, key_ring

SIZES = pytest.mark.parametrize("n", COMMITTEE_SIZES)
KEY_MODULUS = key_ring(STANDARD).modulus


@cache
def seeds(n: int) -> dict[int, bytes]:
    return {number: hashlib.sha256(bytes((n, number))).digest() for number in range(len(subsets(n)))}


@cache
def sharers(n: int) -> tuple[Sharer, ...]:
    key = CommitteeKey("assay-test", 5, SMALL, n)
    return tuple(Sharer(key, member, seeds(n)) for member in range(n))


@SIZES
def test_weights_are_one_at_zero_and_vanish_on_the_subset(n: int) -> None:
    everybody = range(n)
    for number, subset in enumerate(subsets(n)):
        weights = {member: weight(n, number, member, KEY_MODULUS) for member in everybody}
        assert all((weights[member] == 0) == (member in subset) for member in everybody)
        for group in combinations(everybody, threshold(n) + 1):
            assert interpolate_at({m: weights[m] for m in group}, 0, KEY_MODULUS) == 1


@pytest.mark.parametrize("n", [1, 4, 7])
@given(bound=st.integers(0, 1 << 60), name=st.binary(max_size=40))
@settings(max_examples=20)
def test_shares_of_integers_add_up_to_the_pieces(n: int, bound: int, name: bytes) -> None:
    shares = {s.member: s.integer("test", 2 * bound + 1, -bound, name) for s in sharers(n)}
    domain = sharers(n)[0].key.domain("test")
    drawn = [int.from_bytes(Stream(domain, seed, name).read(32), "little") for seed in seeds(n).values()]
    pieces = [x % (2 * bound + 1) - bound for x in drawn]
    assert all(abs(piece) <= bound for piece in pieces)
    ring = cipher_ring(SMALL)
    for prime in ring.primes:
        assert outliers({m: share % prime for m, share in shares.items()}, threshold(n), prime) == ()
    for group in combinations(range(n), threshold(n) + 1):
        value = interpolate_at({m: shares[m] for m in group}, 0, ring.modulus)
        assert ring.signed(value) == sum(pieces)


@pytest.mark.parametrize("n", [1, 4, 7])
def test_shares_of_polynomials_add_up_to_the_pieces(n: int) -> None:
    ring = key_ring(SMALL)
    samplers: list[Callable[[Stream], Any]] = [
        lambda stream: stream.ternary(ring.degree),
        lambda stream: stream.error(ring.degree),
        lambda stream: stream.bounded(1 << 20, ring.degree),
    ]
    for number, sample in enumerate(samplers):
        shares = {s.member: s.polynomial("test", ring, sample, number) for s in sharers(n)}
        domain = sharers(n)[0].key.domain("test")
        pieces = [sample(Stream(domain, seed, number)) for seed in seeds(n).values()]
        group = tuple(shares)[-threshold(n) - 1 :]
        value = interpolate_polynomials({m: shares[m] for m in group}, ring)
        assert np.array_equal(value, ring.reduce(np.sum(pieces, axis=0)))


def interpolate_polynomials(shares: dict[int, Any], ring: Any) -> Any:
    """Column by column with Python integers: slow, and nothing like the code under test."""
    rows = []
    for index, prime in enumerate(ring.primes):
        columns = zip(*(share[index].tolist() for share in shares.values()), strict=True)
        values = (interpolate_at(dict(zip(shares, c, strict=True)), 0, prime) for c in columns)
        rows.append(list(values))
    return np.array(rows, dtype=np.uint64)


@pytest.mark.parametrize("n", COMMITTEE_SIZES)
def test_shares_of_zero_lie_on_a_polynomial_of_degree_2t_and_no_less(n: int) -> None:
    ring, t = slot_ring(SMALL, 1), threshold(n)
    shares = {s.member: s.zero("test", ring, 3) for s in sharers(n)}
    prime = ring.primes[0]
    for column in range(0, ring.degree, ring.degree // 8):
        values = {m: int(share[0, column]) for m, share in shares.items()}
        group = {m: values[m] for m in range(2 * t + 1)}
        assert interpolate_at(group, 0, prime) == 0
        assert all(interpolate_at(group, point(m), prime) == values[m] for m in values)
        lower = {m: values[m] for m in range(2 * t)}
        assert t == 0 or interpolate_at(lower, point(2 * t), prime) != values[2 * t]


def test_streams_differ_by_key_tag_and_parts() -> None:
    base = sharers(4)[0]
    other = Sharer(CommitteeKey("assay-test", 6, SMALL, 4), 0, seeds(4))
    span = SMALL.modulus
    drawn = {
        base.integer("a", span, 0),
        base.integer("b", span, 0),
        base.integer("a", span, 0, 1),
        base.integer("a", span, 0, b"\x01"),
        other.integer("a", span, 0),
    }
    assert len(drawn) == 5
    assert base.integer("a", span, 0, 1) == base.integer("a", span, 0, 1)


@pytest.mark.parametrize("n", [4, 7])
def test_a_member_without_one_of_its_seeds_gives_no_shares(n: int) -> None:
    key = CommitteeKey("assay-test", 5, SMALL, n)
    for number in held(n, 1):
        lacking = {k: seed for k, seed in seeds(n).items() if k != number}
        with pytest.raises(ValueError, match=rf"lacks the seeds \[{number}\]"):
            Sharer(key, 1, lacking)
    with pytest.raises(ValueError, match="lacks"):
        Sharer(key, 1, dict.fromkeys(seeds(n), b"short"))


@pytest.mark.parametrize("n", [4, 7])
def test_what_t_members_know_leaves_the_value_open(n: int) -> None:
    """Two worlds differ in one seed: the t members that lack it compute the same shares in both."""
    key, t = CommitteeKey("assay-test", 5, SMALL, n), threshold(n)
    number = len(subsets(n)) - 1
    coalition = subsets(n)[number]
    assert len(coalition) == t
    changed = {**seeds(n), number: hashlib.sha256(b"another world").digest()}
    span = SMALL.modulus
    first = [Sharer(key, m, seeds(n)).integer("a", span, 0) for m in range(n)]
    second = [Sharer(key, m, changed).integer("a", span, 0) for m in range(n)]
    for member in range(n):
        assert (first[member] == second[member]) == (member in coalition)
    group = range(t + 1)
    values = [interpolate_at({m: world[m] for m in group}, 0, SMALL.modulus) for world in (first, second)]
    assert values[0] != values[1]


@SIZES
def test_everybodys_sharers_give_what_each_member_computes_alone(n: int) -> None:
    together = all_sharers(CommitteeKey("assay-test", 5, SMALL, n), seeds(n))
    for component, prime in (
        (0, 0),
        (1, 1),
        (0, 2),
        (0, 0),
    ):  # the first is not remembered when it comes again
        for sharer, alone in zip(together, sharers(n), strict=True):
            share = relin_key.gen_share(sharer, component, prime)
            assert np.array_equal(share, relin_key.gen_share(alone, component, prime))
