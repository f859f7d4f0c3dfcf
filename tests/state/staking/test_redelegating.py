"""Stake that moves from one validator to another."""

from __future__ import annotations

import pytest
from tests.state.stake import ASY, Stakers

from assay.proto.staking_pb2 import RedelegationEntry
from assay.state.rules import keys
from assay.state.rules.errors import (
    BadRedelegation,
    DelegationNotFound,
    NotEnoughDelegated,
    RedelegationHop,
    TooManyEntries,
    ValidatorNotFound,
    ValidatorWorthless,
)
from assay.state.rules.shares import decode_whole
from assay.state.validators import records, redelegations


def moved(chain: Stakers, number: int) -> list[RedelegationEntry]:
    return list(redelegations.from_validator(chain.view, chain.operator(number)))


def test_stake_moves_at_once_and_answers_for_a_period() -> None:
    chain = Stakers(unbonding_period=5)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.redelegate(who, 0, 1, 4)
    assert (chain.worth(who, 0), chain.worth(who, 1)) == (6, 4)
    (entry,) = moved(chain, 0)
    assert (entry.created, entry.completes, entry.initial, decode_whole(entry.shares)) == (1, 6, 4, 4)
    chain.end_block(5)
    assert moved(chain, 0) == [entry]
    chain.end_block()
    assert moved(chain, 0) == []


def test_what_has_moved_may_not_move_on_before_its_time() -> None:
    chain = Stakers(unbonding_period=5)
    who, other = chain.people[:2]
    for person in (who, other):
        chain.delegate(person, 0, 10)
        chain.delegate(person, 1, 10)
    chain.redelegate(who, 0, 1, 4)
    with pytest.raises(RedelegationHop, match="height 6"):
        chain.redelegate(who, 1, 2, 1)
    chain.redelegate(other, 1, 2, 1)
    chain.redelegate(who, 0, 2, 1)  # what stayed where it was may go elsewhere
    chain.undelegate(who, 1, 14)  # and whoever wants to leave may leave
    chain.delegate(who, 1, 10)
    chain.end_block(6)
    chain.redelegate(who, 1, 2, 1)


def test_tokens_follow_into_the_pool_of_the_new_validator() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.redelegate(who, 0, 1, 4)
    assert chain.balance(keys.BONDED_POOL) == 4 * ASY + 6
    assert chain.balance(keys.NOT_BONDED_POOL) == 3 * ASY + 4


def test_leaving_an_unbonded_validator_leaves_nothing_to_answer_for() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1)
    chain.redelegate(chain.stakers[1], 1, 0, ASY)
    assert moved(chain, 1) == []
    assert chain.worth(chain.stakers[1], 0) == ASY


def test_the_last_to_leave_an_unbonded_validator_ends_it() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1)
    chain.redelegate(chain.stakers[1], 1, 0, 3 * ASY)
    assert records.load(chain.view, chain.operator(1)) is None
    chain.end_block()


def test_so_many_redelegations_at_once_and_no_more() -> None:
    chain = Stakers(max_entries=2)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    for _ in range(2):
        chain.redelegate(who, 0, 1, 1)
    with pytest.raises(TooManyEntries):
        chain.redelegate(who, 0, 1, 1)
    chain.redelegate(who, 0, 2, 1)


def test_an_operator_that_moves_its_own_stake_is_jailed() -> None:
    chain = Stakers()
    chain.redelegate(chain.stakers[0], 0, 1, 4 * ASY)
    assert chain.validator(0).jailed


def test_what_cannot_move_stays() -> None:
    chain = Stakers()
    who = chain.people[0]
    with pytest.raises(BadRedelegation):
        chain.redelegate(who, 0, 0, 1)
    with pytest.raises(DelegationNotFound):
        chain.redelegate(who, 0, 1, 1)
    chain.delegate(who, 0, 10)
    with pytest.raises(NotEnoughDelegated):
        chain.redelegate(who, 0, 1, 11)
    chain.slash(1, 3 * ASY)
    with pytest.raises(ValidatorWorthless):
        chain.redelegate(who, 0, 1, 10)
    chain.stakers.append(who)
    with pytest.raises(ValidatorNotFound):
        chain.redelegate(who, 0, 3, 10)
