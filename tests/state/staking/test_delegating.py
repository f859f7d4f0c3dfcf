"""Tokens become shares, and shares tokens."""

from __future__ import annotations

import pytest
from tests.state.bonded import earn
from tests.state.stake import ASY, Stakers

from assay.proto.tx_pb2 import MsgDelegate
from assay.state import staking
from assay.state.rules import keys
from assay.state.rules.errors import (
    BadAddress,
    BadStakeAmount,
    InsufficientFunds,
    ValidatorNotFound,
    ValidatorWorthless,
)
from assay.state.rules.shares import encode_whole
from assay.state.validators import delegations, records


def test_tokens_go_into_the_pool_of_their_validators_status() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY), max_validators=1)
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.delegate(who, 1, 20)
    assert chain.balance(keys.BONDED_POOL) == 4 * ASY + 10
    assert chain.balance(keys.NOT_BONDED_POOL) == 3 * ASY + 20


def test_after_a_slash_a_uasy_buys_more_shares_but_no_more_worth() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    early, late = chain.people[:2]
    chain.delegate(early, 0, 4 * ASY)
    chain.slash(0, 2 * ASY)
    assert chain.worth(early, 0) == 3 * ASY
    chain.delegate(late, 0, 3 * ASY)
    assert (chain.shares(late, 0), chain.worth(late, 0)) == (4 * ASY, 3 * ASY)
    assert chain.worth(early, 0) == 3 * ASY


def test_a_delegation_grows_where_it_is() -> None:
    chain = Stakers()
    who = chain.people[0]
    chain.delegate(who, 0, 10)
    chain.delegate(who, 0, 5)
    (found,) = delegations.by_delegator(chain.view, who.address)
    assert (found.validator, chain.shares(who, 0)) == (chain.operator(0), 15)


def test_rewards_are_paid_before_shares_change() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    who = chain.people[0]
    chain.delegate(who, 0, 4 * ASY)
    before = chain.balance(who)
    earn(chain.ctx, chain.validator(0), 1_000)  # a tenth is commission, half of the rest is theirs
    chain.delegate(who, 0, ASY)
    assert chain.balance(who) == before - ASY + 449
    earn(chain.ctx, chain.validator(0), 1_000)
    chain.undelegate(who, 0, 5 * ASY)
    assert chain.balance(who) == before - ASY + 449 + 499


def test_nobody_delegates_more_than_it_has() -> None:
    chain = Stakers()
    who = chain.people[0]
    with pytest.raises(InsufficientFunds):
        chain.delegate(who, 0, chain.balance(who) + 1)


def test_nobody_delegates_nothing_or_to_nobody() -> None:
    chain = Stakers()
    who = chain.people[0]
    with pytest.raises(BadStakeAmount):
        chain.delegate(who, 0, 0)
    with pytest.raises(ValidatorNotFound):
        chain.run("delegate", who, MsgDelegate(validator=b"x" * 20, amount=1))
    with pytest.raises(BadAddress):
        chain.run("delegate", who, MsgDelegate(validator=b"x" * 21, amount=1))


def test_a_validator_that_has_lost_everything_takes_no_stake() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    chain.slash(0, 4 * ASY)
    with pytest.raises(ValidatorWorthless):
        chain.delegate(chain.people[0], 0, 1)
    assert chain.worth(chain.stakers[0], 0) == 0


def test_a_validator_whose_shares_can_no_longer_be_counted_takes_no_stake() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    record = chain.validator(0)
    record.tokens, record.shares = 1, encode_whole(1 << 119)
    records.save(chain.ctx, record)
    staking.check_delegate(chain.ctx, chain.operator(0), 1)
    with pytest.raises(ValidatorWorthless):
        chain.delegate(chain.people[0], 0, 2)


def test_an_operator_that_breaks_its_promise_is_jailed() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    chain.undelegate(chain.stakers[0], 0, 3 * ASY)
    assert not chain.validator(0).jailed
    chain.undelegate(chain.stakers[0], 0, 1)
    assert chain.validator(0).jailed


def test_others_may_leave_without_anybody_being_jailed() -> None:
    chain = Stakers(stakes=(4 * ASY, 3 * ASY))
    chain.delegate(chain.people[0], 0, ASY)
    chain.undelegate(chain.people[0], 0, ASY)
    assert not chain.validator(0).jailed
