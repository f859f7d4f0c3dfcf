"""Who is in the set, what CometBFT hears of it, and what becomes of those who leave."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.state.stake import ASY, CometSets, Stakers

from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    BOND_STATUS_UNBONDED,
    BOND_STATUS_UNBONDING,
)
from assay.proto.state_pb2 import Validator, ValidatorSet, ValidatorSets
from assay.state import staking
from assay.state.extensions import validators_at
from assay.state.rules import keys
from assay.state.rules.ics23 import MAX_VALUE_BYTES
from assay.state.rules.params import BOUNDS
from assay.state.validators import jail, records


def powers(chain: Stakers, height: int) -> dict[int, int]:
    """Voting power by number, of those who sign a height."""
    signing = chain.signing(height)
    numbers = {chain.address(number): number for number in range(len(chain.stakers))}
    return {numbers[address]: power for address, power in sorted(signing.items())}


def statuses(chain: Stakers) -> list[int]:
    return [chain.validator(number).status for number in range(len(chain.stakers))]


def test_a_delegation_changes_the_set_two_heights_later() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    chain.end_block()
    height = chain.height
    chain.delegate(chain.people[0], 1, 5 * ASY)
    chain.end_block()
    assert powers(chain, height + 1) == {0: 4, 1: 3}
    assert powers(chain, height + 2) == {0: 4, 1: 8}


def test_a_change_below_a_unit_of_power_is_not_told() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    chain.delegate(chain.people[0], 1, ASY - 1)
    chain.end_block()
    assert chain.updates == []
    assert len(chain.view.require(ValidatorSets, keys.VALIDATOR_SETS).sets) == 1


def test_the_set_is_the_first_by_stake() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY, 2 * ASY), max_validators=2)
    assert powers(chain, 1) == {0: 4, 1: 3}
    chain.delegate(chain.people[0], 2, ASY + 1)
    chain.end_block()
    assert powers(chain, 3) == {0: 4, 2: 3}
    assert statuses(chain) == [BOND_STATUS_BONDED, BOND_STATUS_UNBONDING, BOND_STATUS_BONDED]


def test_between_equals_the_lower_operator_is_first() -> None:
    chain = Stakers(stakes=(2 * ASY,) * 5, max_validators=3)
    expected = sorted(range(5), key=chain.operator)[:3]
    assert set(powers(chain, 1)) == set(expected)


def test_whoever_has_less_than_a_unit_of_power_is_not_in_the_set() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), power_reduction=4 * ASY)
    assert powers(chain, 1) == {0: 1}


def test_tokens_move_between_the_pools_with_their_validator() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1)
    chain.delegate(chain.people[0], 1, 2 * ASY)
    chain.end_block()
    assert chain.balance(keys.BONDED_POOL) == 5 * ASY
    assert chain.balance(keys.NOT_BONDED_POOL) == 4 * ASY


def test_a_jailed_validator_leaves_and_comes_back() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), unbonding_period=5)
    jail.jail(chain.ctx, chain.validator(0))
    chain.end_block()
    record = chain.validator(0)
    assert (record.status, record.unbonding_height, record.unbonding_end) == (BOND_STATUS_UNBONDING, 1, 6)
    assert powers(chain, 3) == {1: 3}
    chain.end_block()
    jail.release(chain.ctx, chain.validator(0))
    chain.end_block()
    record = chain.validator(0)
    assert (record.status, record.unbonding_end, record.bonded_height) == (BOND_STATUS_BONDED, 0, 3)
    assert powers(chain, 5) == {0: 4, 1: 3}
    chain.end_block(6)
    assert statuses(chain) == [BOND_STATUS_BONDED] * 2


def test_who_has_left_is_unbonded_after_the_period() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), unbonding_period=5)
    jail.jail(chain.ctx, chain.validator(0))
    chain.end_block(5)
    assert chain.validator(0).status == BOND_STATUS_UNBONDING
    chain.end_block()
    assert chain.validator(0).status == BOND_STATUS_UNBONDED


def test_a_validator_without_shares_is_forgotten_once_unbonded() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), unbonding_period=5)
    chain.undelegate(chain.stakers[0], 0, 4 * ASY)
    chain.end_block(5)
    assert chain.validator(0).tokens == 0
    chain.end_block()
    assert records.load(chain.view, chain.operator(0)) is None
    assert records.by_consensus_address(chain.view, chain.address(0)) is None
    assert chain.balance(chain.stakers[0]) >= 4 * ASY


def test_its_key_and_its_operator_may_begin_again() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), unbonding_period=5)
    chain.undelegate(chain.stakers[0], 0, 4 * ASY)
    chain.end_block(6)
    chain.create_again(0, 2 * ASY)
    chain.end_block()
    assert powers(chain, chain.height + 1) == {0: 2, 1: 3}


# --- a set that is never empty -----------------------------------------------


def test_the_last_validator_stays_though_it_is_jailed() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    jail.jail(chain.ctx, chain.validator(0))
    chain.end_block(3)
    record = chain.validator(0)
    assert (record.status, record.jailed, powers(chain, 5)) == (BOND_STATUS_BONDED, True, {0: 4})


def test_when_all_are_jailed_at_once_all_stay_until_one_may_be_in_the_set() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    for number in range(2):
        jail.jail(chain.ctx, chain.validator(number))
    chain.end_block()
    assert powers(chain, 3) == {0: 4, 1: 3}
    number = chain.create(5 * ASY)
    chain.end_block()
    assert powers(chain, 4) == {number: 5}
    assert statuses(chain) == [BOND_STATUS_UNBONDING] * 2 + [BOND_STATUS_BONDED]


def test_the_last_stake_may_leave_and_the_chain_goes_on() -> None:
    chain = Stakers(stakes=(4 * ASY,), unbonding_period=5)
    before = chain.balance(chain.stakers[0])
    chain.undelegate(chain.stakers[0], 0, 4 * ASY)
    chain.end_block(6)
    assert chain.balance(chain.stakers[0]) == before + 4 * ASY
    assert (chain.validator(0).status, powers(chain, chain.height)) == (BOND_STATUS_BONDED, {0: 4})
    chain.delegate(chain.people[0], 0, 2 * ASY)
    jail.release(chain.ctx, chain.validator(0))
    chain.end_block()
    assert powers(chain, chain.height + 1) == {0: 2}


def test_all_tokens_may_be_slashed_and_the_chain_goes_on() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    chain.slash(0, 4 * ASY)
    chain.end_block(3)
    assert powers(chain, chain.height) == {0: 4}


# --- sets that are kept ------------------------------------------------------


def test_extensions_of_the_last_height_can_always_be_checked() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    for block in range(12):
        if block % 5 < 3:
            chain.delegate(chain.people[block % 3], block % 2, ASY)
        # The block under execution brings what was signed at the height before.
        if chain.height > 1:
            kept = validators_at(chain.view, chain.height - 1)
            assert {a: v.power for a, v in kept.items()} == chain.signing(chain.height - 1)
        chain.end_block()
        sets = chain.view.require(ValidatorSets, keys.VALIDATOR_SETS).sets
        assert len(sets) <= 3
        for first, second in pairwise(sets):
            assert first.first_height < second.first_height
    ordered = [validator.address for validator in staking.newest_set(chain.view)]
    assert ordered == sorted(ordered)


def test_as_many_sets_as_are_kept_fit_a_record() -> None:
    most = Validator(address=b"a" * 20, public_key=b"k" * 32, power=2**63 - 1)
    one = ValidatorSet(first_height=2**63 - 1, validators=[most] * BOUNDS["max_validators"].greatest)
    assert ValidatorSets(sets=[one] * 3).ByteSize() <= MAX_VALUE_BYTES


# --- what CometBFT would refuse ----------------------------------------------


def test_the_model_of_cometbft_refuses_what_cometbft_refuses() -> None:
    first = [Validator(address=b"a" * 20, power=1)]
    for updates in (
        [Validator(address=b"b" * 20, power=0)],
        [Validator(address=b"a" * 20, power=0)],
        [Validator(address=b"b" * 20, power=1)] * 2,
    ):
        with pytest.raises(AssertionError):
            CometSets(1, first).apply(1, updates)
