"""Coins: the same for everybody, another for each number, open to nobody before a quorum answers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from assay.crypto.committee import coin
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.messages import parse_share
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import SMALL, threshold


def shares_of(made: Any, number: int) -> dict[int, int]:
    return {m.number: parse_share(SMALL, m.coin_share(number)) for m in made.members}


@pytest.mark.parametrize("n", [1, 4, 7])
def test_every_quorum_opens_the_same_coin(n: int, committee: Callable[..., Any]) -> None:
    made = committee(n)
    shares = shares_of(made, 9)
    coins = set()
    for group in combinations(range(n), quorum(n)):
        result = coin.aggregate_shares(made.key, 9, {m: shares[m] for m in reversed(group)})
        assert isinstance(result, Decoded)
        coins.add(result.value)
    assert len(coins) == 1
    assert len(coins.pop()) == 32


@pytest.mark.parametrize("n", [4, 7])
def test_t_wrong_shares_do_not_change_it_and_are_named(n: int, committee: Callable[..., Any]) -> None:
    made = committee(n)
    shares = shares_of(made, 9)
    truth = coin.aggregate_shares(made.key, 9, shares)
    for member in range(threshold(n)):
        shares[member] ^= 1
    found = coin.aggregate_shares(made.key, 9, shares)
    assert isinstance(truth, Decoded)
    assert found == Decoded(truth.value, tuple(range(threshold(n))))
    shares[threshold(n)] ^= 1
    assert isinstance(coin.aggregate_shares(made.key, 9, shares), Undecided)


def test_coins_differ_by_number_and_key(committee: Callable[..., Any]) -> None:
    values = set()
    for made in (committee(1), committee(4)):
        for number in range(8):
            result = coin.aggregate_shares(made.key, number, shares_of(made, number))
            assert isinstance(result, Decoded)
            values.add(result.value)
    assert len(values) == 16
