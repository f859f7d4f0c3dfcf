"""Who holds which seed."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest

from assay.crypto.committee.subsets import check_member, dealer, dealt, held, holders, quorum, subsets
from assay.crypto.presets import COMMITTEE_SIZES, PresetError, threshold

SIZES = pytest.mark.parametrize("n", COMMITTEE_SIZES)


@SIZES
def test_any_t_members_lack_exactly_one_seed_and_any_more_lack_none(n: int) -> None:
    t, everything = threshold(n), set(range(len(subsets(n))))
    for group in combinations(range(n), t):
        known = {seed for member in group for seed in held(n, member)}
        assert everything - known == {subsets(n).index(group)}
    for group in combinations(range(n), t + 1):
        assert {seed for member in group for seed in held(n, member)} == everything


@SIZES
def test_each_member_holds_its_binomial_number_of_seeds(n: int) -> None:
    t = threshold(n)
    assert len(subsets(n)) == comb(n, t)
    assert list(subsets(n)) == sorted(subsets(n))
    for member in range(n):
        assert len(held(n, member)) == (comb(n - 1, t) if n > 1 else 1)


@SIZES
def test_a_seed_is_dealt_once_by_its_lowest_holder(n: int) -> None:
    dealings = [seed for member in range(n) for seed in dealt(n, member)]
    assert sorted(dealings) == list(range(len(subsets(n))))
    for seed in dealings:
        assert len(holders(n, seed)) == quorum(n)
        assert dealer(n, seed) == min(holders(n, seed))
        assert seed in dealt(n, dealer(n, seed))
    assert all(not dealt(n, member) for member in range(threshold(n) + 1, n))


def test_a_committee_of_one_has_one_seed_for_the_empty_subset() -> None:
    assert subsets(1) == ((),)
    assert holders(1, 0) == (0,)
    assert held(1, 0) == dealt(1, 0) == (0,)


@pytest.mark.parametrize("n", [0, 2, 3, 5, 13])
def test_other_sizes_are_refused(n: int) -> None:
    with pytest.raises(PresetError, match="1, 4, 7 or 10"):
        subsets(n)


@pytest.mark.parametrize("member", [-1, 4])
def test_members_are_numbered_from_zero(member: int) -> None:
    with pytest.raises(ValueError, match="members 0 to 3"):
        check_member(4, member)
