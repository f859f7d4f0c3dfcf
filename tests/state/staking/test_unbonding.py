"""Stake on its way out."""

from __future__ import annotations

import pytest
from tests.state.stake import ASY, Stakers

from assay.state.rules import keys
from assay.state.rules.errors import (
    DelegationNotFound,
    NotEnoughDelegated,
    TooManyEntries,
    UnbondingNotFound,
    ValidatorJailed,
    ValidatorNotFound,
)


def test_stake_comes_back_after_the_unbonding_period() -> None:
    chain = Stakers(unbonding_period=5)
    who = chain.people[0]
    before = chain.balance(who)
    chain.delegate(who, 0, 2 * ASY)
    assert (chain.balance(who), chain.worth(who, 0)) == (before - 2 * ASY, 2 * ASY)
    chain.undelegate(who, 0, 2 * ASY)
    (entry,) = chain.leaving(who, 0)
    assert (entry.created, entry.completes, entry.initial, entry.balance) == (1, 6, 2 * ASY, 2 * ASY)
    chain.end_block(5)
    assert chain.balance(who) == before - 2 * ASY
    chain.end_block()
    assert (chain.balance(who), chain.leaving(who, 0)) == (before, [])


def test_what_leaves_lies_in_the_pool_of_those_not_bonded() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    assert (chain.balance(keys.BONDED_POOL), chain.balance(keys.NOT_BONDED_POOL)) == (4 * ASY, 0)
    chain.undelegate(chain.stakers[0], 0, ASY)
    assert (chain.balance(keys.BONDED_POOL), chain.balance(keys.NOT_BONDED_POOL)) == (3 * ASY, ASY)


def test_leaving_a_validator_that_is_not_bonded_takes_as_long() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1, unbonding_period=5)
    chain.undelegate(chain.stakers[1], 1, ASY)
    (entry,) = chain.leaving(chain.stakers[1], 1)
    assert entry.completes == chain.height + 5


def test_no_more_can_leave_than_is_there() -> None:
    chain = Stakers()
    who = chain.people[0]
    with pytest.raises(DelegationNotFound):
        chain.undelegate(who, 0, 1)
    chain.delegate(who, 0, ASY)
    with pytest.raises(NotEnoughDelegated, match=r"worth 1000000 uasy, 1000001 uasy"):
        chain.undelegate(who, 0, ASY + 1)


def test_so_many_unbondings_at_once_and_no_more() -> None:
    chain = Stakers(max_entries=2)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.delegate(who, 1, 10)
    for _ in range(2):
        chain.undelegate(who, 0, 1)
    with pytest.raises(TooManyEntries):
        chain.undelegate(who, 0, 1)
    chain.undelegate(who, 1, 1)
    chain.cancel(who, 0, chain.leaving(who, 0)[0].id, 1)
    chain.undelegate(who, 0, 1)


def test_dust_that_is_worth_nothing_goes_along() -> None:
    chain = Stakers(stakes=(1000 * ASY,))
    who = chain.people[0]
    chain.delegate(who, 0, 3)
    chain.slash(0, 500 * ASY)  # a share is worth half a uasy now
    assert (chain.shares(who, 0), chain.worth(who, 0)) == (3, 1)
    chain.undelegate(who, 0, 1)
    assert (chain.shares(who, 0), chain.leaving(who, 0)[0].balance) == (0, 1)


# --- cancelling ----------------------------------------------------------------


def test_a_cancelled_unbonding_is_delegated_again() -> None:
    chain = Stakers(unbonding_period=5)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.undelegate(who, 0, 10)
    (entry,) = chain.leaving(who, 0)
    chain.cancel(who, 0, entry.id, 4)
    (entry,) = chain.leaving(who, 0)
    assert (chain.worth(who, 0), entry.balance, entry.initial) == (4, 6, 6)
    chain.cancel(who, 0, entry.id, 6)
    assert (chain.worth(who, 0), chain.leaving(who, 0)) == (10, [])
    before = chain.balance(who)
    chain.end_block(6)
    assert chain.balance(who) == before


def test_nobody_cancels_what_is_not_its_own_or_not_there() -> None:
    chain = Stakers()
    who, other = chain.people[:2]
    chain.delegate(who, 0, 10)
    chain.undelegate(who, 0, 10)
    (entry,) = chain.leaving(who, 0)
    for sender, number, ident in ((other, 0, entry.id), (who, 1, entry.id), (who, 0, entry.id + 1)):
        with pytest.raises(UnbondingNotFound):
            chain.cancel(sender, number, ident, 10)
    with pytest.raises(NotEnoughDelegated):
        chain.cancel(who, 0, entry.id, 11)


def test_nothing_is_cancelled_towards_a_jailed_validator() -> None:
    chain = Stakers()
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.undelegate(who, 0, 10)
    chain.undelegate(chain.stakers[0], 0, 4 * ASY)  # breaks the operator's promise
    with pytest.raises(ValidatorJailed):
        chain.cancel(who, 0, chain.leaving(who, 0)[0].id, 10)


def test_an_unbonding_outlives_its_validator_and_cannot_be_cancelled_then() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1, unbonding_period=5)
    chain.undelegate(chain.stakers[1], 1, 3 * ASY)
    (entry,) = chain.leaving(chain.stakers[1], 1)
    with pytest.raises(ValidatorNotFound):
        chain.cancel(chain.stakers[1], 1, entry.id, 1)
    before = chain.balance(chain.stakers[1])
    chain.end_block(6)
    assert chain.balance(chain.stakers[1]) == before + 3 * ASY
