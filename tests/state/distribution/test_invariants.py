"""The invariants of rewards notice when their records are bent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.state.bonded import bond, earn
from tests.state.conftest import account

from assay.proto.staking_pb2 import CommunityPool, Delegation, ValidatorRewards, WithdrawAddress
from assay.state import distribution, ledger
from assay.state.context import Context
from assay.state.invariants import InvariantBroken
from assay.state.invariants import distribution as invariants
from assay.state.rules import keys
from assay.state.rules.shares import encode_whole

OPERATOR, DELEGATOR = account(1), account(2)
DELEGATION = keys.delegation(DELEGATOR.address, OPERATOR.address)


def check(ctx: Context) -> None:
    invariants.check_held(ctx.view)
    invariants.check_owed(ctx.view)
    invariants.check_withdraw_addresses(ctx.view)


@pytest.fixture
def earning(ctx: Context) -> Context:
    """A validator with a commission and two delegations that have earned something; a community pool."""
    stakes = {OPERATOR.address: 7_000_000, DELEGATOR.address: 3_000_000}
    earn(ctx, bond(ctx, OPERATOR, stakes), 1_000)
    ledger.mint(ctx, OPERATOR.address, 50)
    distribution.fund(ctx, OPERATOR.address, 50)
    distribution.set_withdraw_address(ctx, DELEGATOR.address, OPERATOR.address)
    check(ctx)
    return ctx


def rewards(ctx: Context) -> ValidatorRewards:
    return ctx.view.require(ValidatorRewards, keys.rewards(OPERATOR.address))


def _outstanding(ctx: Context) -> None:
    record = rewards(ctx)
    record.outstanding -= 1
    ctx.view.save(keys.rewards(OPERATOR.address), record)


def _pool(ctx: Context) -> None:
    ctx.view.save(keys.COMMUNITY_POOL, CommunityPool(amount=51))


def _fees(ctx: Context) -> None:
    ledger.mint(ctx, keys.FEE_COLLECTOR, 1)


def _commission(ctx: Context) -> None:
    record = rewards(ctx)
    record.commission += 3  # 2 are left by rounding
    ctx.view.save(keys.rewards(OPERATOR.address), record)


def _paid_from_the_beginning(ctx: Context) -> None:
    distribution.withdraw(ctx, DELEGATOR.address, OPERATOR.address)
    item = ctx.view.require(Delegation, DELEGATION)
    item.reward_start = b""
    ctx.view.save(DELEGATION, item)


def _paid_ahead(ctx: Context) -> None:
    item = ctx.view.require(Delegation, DELEGATION)
    item.reward_start = encode_whole(1 << 200)
    ctx.view.save(DELEGATION, item)


def _no_validator(ctx: Context) -> None:
    ctx.view.delete(keys.validator(OPERATOR.address))


def _to_itself(ctx: Context) -> None:
    address = WithdrawAddress(address=DELEGATOR.address)
    ctx.view.save(keys.withdraw_address(DELEGATOR.address), address)


def _to_the_chain(ctx: Context) -> None:
    ctx.view.save(keys.withdraw_address(DELEGATOR.address), WithdrawAddress(address=keys.escrow(1)))


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (_outstanding, "are 1049 uasy, but 1050 uasy are held"),
        (_pool, "are 1051 uasy, but 1050 uasy are held"),
        (_fees, "1 uasy of fees"),
        (_commission, "owes 1001 uasy and has 1000 uasy"),
        (_paid_from_the_beginning, "owes 998 uasy and has 731 uasy"),
        (_paid_ahead, "what nobody has earned"),
        (_no_validator, "has rewards but no validator"),
        (_to_itself, "are paid to"),
        (_to_the_chain, "are paid to"),
    ],
)
def test_a_bent_record_is_noticed(earning: Context, bend: Callable[[Context], None], sentence: str) -> None:
    bend(earning)
    with pytest.raises(InvariantBroken, match=sentence):
        check(earning)
