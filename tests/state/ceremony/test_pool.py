"""Seats: to whom they go, by which stake, and in which order."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain
from tests.state.conftest import account
from tests.state.stake import ASY, Stakers

from assay.proto.state_pb2 import CommitteeSeat
from assay.state.ceremony import pool
from assay.state.validators.jail import jail


def seats(chain: Chain) -> list[CommitteeSeat]:
    return pool.choose_members(chain.ctx)


def numbers(chain: Stakers) -> set[int]:
    """The validators that a key begun now would have."""
    known = {chain.address(number): number for number in range(len(chain.stakers))}
    return {known[seat.validator] for seat in seats(chain)}


@pytest.mark.parametrize(
    ("stakes", "chosen"), [(3, {0}), (4, {0, 1, 2, 3}), (6, {0, 1, 2, 3}), (8, set(range(7)))]
)
def test_the_largest_committee_that_can_be_filled_goes_to_those_with_most_stake(
    stakes: int, chosen: set[int]
) -> None:
    chain = Stakers(stakes=[(20 - number) * ASY for number in range(stakes)])
    assert numbers(chain) == chosen


def test_no_committee_is_larger_than_ten() -> None:
    chain = Stakers(stakes=[(20 - number) * ASY for number in range(14)])
    assert numbers(chain) == set(range(10))


def test_members_are_ordered_by_consensus_address_and_bring_their_stake() -> None:
    chain = Stakers(stakes=[(20 - number) * ASY for number in range(4)])
    found = seats(chain)
    assert [seat.validator for seat in found] == sorted(seat.validator for seat in found)
    assert {seat.operator: seat.stake for seat in found} == {
        chain.operator(number): (20 - number) * ASY for number in range(4)
    }
    assert {seat.operator: seat.committee_key for seat in found} == {
        chain.operator(number): account(850 + number).public_key for number in range(4)
    }


def test_of_equal_stakes_the_operators_address_decides() -> None:
    chain = Stakers(stakes=[5 * ASY] * 6)
    lowest = sorted(range(6), key=chain.operator)[:4]
    assert numbers(chain) == set(lowest)


def test_a_seat_takes_a_minimum_of_stake_and_a_place_in_the_set() -> None:
    chain = Stakers(stakes=[(20 - number) * ASY for number in range(5)], min_seat_stake=16 * ASY)
    assert numbers(chain) == {0, 1, 2, 3}
    chain.params.min_seat_stake = 17 * ASY
    assert numbers(chain) == {0, 1, 2, 3}
    chain.params.min_seat_stake = 17 * ASY + 1
    assert numbers(chain) == {0}
    chain.params.min_committee = 4
    assert seats(chain) == []


def test_who_is_jailed_or_not_bonded_yet_gets_no_seat() -> None:
    chain = Stakers(stakes=[(20 - number) * ASY for number in range(5)], min_committee=4)
    chain.create(30 * ASY)
    assert numbers(chain) == {0, 1, 2, 3}, "the greatest is not in the set before the block ends"
    chain.end_block()
    assert numbers(chain) == {5, 0, 1, 2}
    jail(chain.ctx, chain.validator(5))
    assert numbers(chain) == {0, 1, 2, 3}
    chain.end_block()
    jail(chain.ctx, chain.validator(0))
    jail(chain.ctx, chain.validator(1))
    assert seats(chain) == []
