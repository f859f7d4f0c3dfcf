"""Withdrawing: who is paid what, where it goes, and in whatever order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.bonded import bond, earn
from tests.state.conftest import CHAIN_ID, MemoryState, account

from assay.proto.staking_pb2 import CommunityPool, Delegation, WithdrawAddress
from assay.proto.tx_pb2 import (
    MsgFundCommunityPool,
    MsgSetWithdrawAddress,
    MsgWithdrawCommission,
    MsgWithdrawReward,
)
from assay.state import distribution, invariants, ledger
from assay.state.context import Context
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.rules import errors, keys
from assay.state.rules.params import default_params
from assay.state.rules.shares import MAX_SHARES, encode_whole
from assay.state.validators import delegations
from assay.state.validators import records as validators

OPERATOR, DELEGATOR, OTHER = account(1), account(2), account(3)
STAKES = {OPERATOR.address: 6_000_000, DELEGATOR.address: 4_000_000}


def balance(ctx: Context, address: bytes) -> int:
    return ledger.account(ctx.view, address).balance


def run(ctx: Context, kind: str, sender: bytes, message: Any) -> None:
    HANDLERS[kind].check_form(message, ctx.params)
    HANDLERS[kind].execute(ctx, sender, message)


def refused(ctx: Context, kind: str, sender: bytes, message: Any) -> type[errors.AssayError]:
    """Why a message is refused; check and execution agree, and neither has written anything."""
    before = dict(ctx.view.changes)
    with pytest.raises(errors.AssayError) as found:
        run(ctx, kind, sender, message)
    assert ctx.view.changes == before
    return found.type


@pytest.fixture
def earning(ctx: Context) -> Context:
    """A validator with 10% commission that 1,000,000 uasy came in for."""
    earn(ctx, bond(ctx, OPERATOR, STAKES), 1_000_000)
    return ctx


def test_a_delegator_is_paid_its_part_and_told(earning: Context) -> None:
    run(earning, "withdraw_reward", DELEGATOR.address, MsgWithdrawReward(validator=OPERATOR.address))
    assert balance(earning, DELEGATOR.address) == 359_999  # 40% of 900,000, rounded down
    (event,) = [event for event in earning.events if event.kind == "withdraw_rewards"]
    assert event.attributes == {
        "validator": OPERATOR.address_text,
        "account": DELEGATOR.address_text,
        "amount": "359999",
    }


def test_commission_and_reward_of_an_operator_are_withdrawn_apart(earning: Context) -> None:
    run(earning, "withdraw_commission", OPERATOR.address, MsgWithdrawCommission())
    assert balance(earning, OPERATOR.address) == 100_000
    run(earning, "withdraw_reward", OPERATOR.address, MsgWithdrawReward(validator=OPERATOR.address))
    assert balance(earning, OPERATOR.address) == 100_000 + 539_999
    assert [event.kind for event in earning.events if event.kind.startswith("withdraw")] == [
        "withdraw_commission",
        "withdraw_rewards",
    ]


def test_what_cannot_be_withdrawn_has_a_code_for_its_reason(earning: Context) -> None:
    reward, commission = MsgWithdrawReward(validator=OPERATOR.address), MsgWithdrawCommission()
    for sender, message, reason in (
        (DELEGATOR, MsgWithdrawReward(validator=b"x" * 19), errors.BadAddress),
        (DELEGATOR, MsgWithdrawReward(validator=OTHER.address), errors.ValidatorNotFound),
        (OTHER, reward, errors.DelegationNotFound),
    ):
        assert refused(earning, "withdraw_reward", sender.address, message) is reason
    assert refused(earning, "withdraw_commission", OTHER.address, commission) is errors.ValidatorNotFound
    run(earning, "withdraw_reward", DELEGATOR.address, reward)
    run(earning, "withdraw_commission", OPERATOR.address, commission)
    assert refused(earning, "withdraw_reward", DELEGATOR.address, reward) is errors.NothingToWithdraw
    assert refused(earning, "withdraw_commission", OPERATOR.address, commission) is errors.NothingToWithdraw


def test_rewards_and_commission_go_where_they_are_wanted(earning: Context) -> None:
    for sender in (DELEGATOR, OPERATOR):
        message = MsgSetWithdrawAddress(address=OTHER.address)
        run(earning, "set_withdraw_address", sender.address, message)
    run(earning, "withdraw_reward", DELEGATOR.address, MsgWithdrawReward(validator=OPERATOR.address))
    run(earning, "withdraw_commission", OPERATOR.address, MsgWithdrawCommission())
    assert balance(earning, OTHER.address) == 359_999 + 100_000
    assert balance(earning, DELEGATOR.address) == balance(earning, OPERATOR.address) == 0


def test_who_wants_its_rewards_itself_leaves_no_record(ctx: Context) -> None:
    place = keys.withdraw_address(DELEGATOR.address)
    for address, expected in (
        (OTHER.address, WithdrawAddress(address=OTHER.address)),
        (DELEGATOR.address, None),
    ):
        run(ctx, "set_withdraw_address", DELEGATOR.address, MsgSetWithdrawAddress(address=address))
        assert ctx.view.load(WithdrawAddress, place) == expected
        assert distribution.withdraw_address(ctx.view, DELEGATOR.address) == address


@pytest.mark.parametrize("address", [b"", b"x" * 21, keys.escrow(1), keys.DISTRIBUTION, keys.BONDED_POOL])
def test_rewards_go_to_no_account_of_the_chain(ctx: Context, address: bytes) -> None:
    message = MsgSetWithdrawAddress(address=address)
    assert refused(ctx, "set_withdraw_address", OTHER.address, message) is errors.BadWithdrawAddress


def test_anybody_can_give_to_the_community_pool(ctx: Context) -> None:
    ledger.mint(ctx, OTHER.address, 100)
    for amount, reason in ((0, errors.BadAmount), (101, errors.InsufficientFunds)):
        message = MsgFundCommunityPool(amount=amount)
        assert refused(ctx, "fund_community_pool", OTHER.address, message) is reason
    for amount in (70, 30):
        run(ctx, "fund_community_pool", OTHER.address, MsgFundCommunityPool(amount=amount))
    assert ctx.view.require(CommunityPool, keys.COMMUNITY_POOL).amount == 100
    assert (balance(ctx, OTHER.address), balance(ctx, keys.DISTRIBUTION)) == (0, 100)


def test_a_new_delegation_has_earned_nothing_and_earns_from_now_on(earning: Context) -> None:
    record = validators.find(earning.view, OPERATOR.address)
    item = Delegation(delegator=OTHER.address, validator=OPERATOR.address)
    assert distribution.settle(earning, record, item) == 0
    item.shares = encode_whole(10_000_000)
    record.shares = encode_whole(20_000_000)
    assert distribution.owed(earning.view, item) == 0
    earn(earning, record, 2_000)
    assert distribution.owed(earning.view, item) == 899  # half of 1,800, rounded down


def test_what_comes_in_while_nobody_has_a_share_is_commission(ctx: Context) -> None:
    earn(ctx, bond(ctx, OPERATOR, {}), 500)
    assert distribution.rewards_of(ctx.view, OPERATOR.address).commission == 500


def paid_in_order(stakes: list[int], parts: list[int], order: list[int]) -> list[int]:
    """What delegators are paid who withdraw in some order, after each of some amounts came in."""
    params = default_params(development=True)
    ctx = Context(CHAIN_ID, 10, params, Overlay(MemoryState()))
    ctx.view.save(keys.PARAMS, params)
    who = [account(100 + number).address for number in range(len(stakes))]
    record = bond(ctx, OPERATOR, dict(zip(who, stakes, strict=True)), rate=0)
    for amount in parts:
        earn(ctx, record, amount)
    for number in order:
        item = delegations.load(ctx.view, who[number], OPERATOR.address)
        assert item is not None
        distribution.settle(ctx, record, item)
        delegations.save(ctx.view, item)
    invariants.distribution.check_held(ctx.view)
    invariants.distribution.check_owed(ctx.view)
    return [balance(ctx, address) for address in who]


STAKE_LISTS = st.lists(st.integers(1, 2**60), min_size=2, max_size=6)
PARTS = st.lists(st.integers(0, 2**58), max_size=5)


@given(stakes=STAKE_LISTS, parts=PARTS, data=st.data())
def test_nobody_is_paid_more_or_less_for_being_early_or_late(
    stakes: list[int], parts: list[int], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(stakes))))
    paid = paid_in_order(stakes, parts, list(range(len(stakes))))
    assert paid_in_order(stakes, parts, order) == paid
    # Together at most what came in, and less than 1 uasy a delegator and amount missing.
    assert sum(parts) - len(stakes) - len(parts) <= sum(paid) <= sum(parts)


@given(stakes=STAKE_LISTS, parts=PARTS)
def test_more_stake_never_earns_less(stakes: list[int], parts: list[int]) -> None:
    ordered = sorted(stakes)
    paid = paid_in_order(ordered, parts, list(range(len(ordered))))
    assert all(one <= other for one, other in pairwise(paid))


def test_amounts_are_divided_however_many_shares_there_are(ctx: Context) -> None:
    record = bond(ctx, OPERATOR, STAKES, rate=0)
    factor = MAX_SHARES // 10_000_000
    for address, amount in STAKES.items():
        item = delegations.load(ctx.view, address, OPERATOR.address)
        assert item is not None
        item.shares = encode_whole(amount * factor)
        delegations.save(ctx.view, item)
    record.shares = encode_whole(10_000_000 * factor)
    for _ in range(10):
        earn(ctx, record, 10)
    for address, expected in ((OPERATOR.address, 59), (DELEGATOR.address, 39)):
        item = delegations.load(ctx.view, address, OPERATOR.address)
        assert item is not None
        assert distribution.owed(ctx.view, item) == expected  # 60 and 40, rounded down once
