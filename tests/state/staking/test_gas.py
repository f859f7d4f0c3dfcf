"""Staking's messages pay for the records they read and write, and for those written when they complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.state.bonded import earn
from tests.state.conftest import account
from tests.state.stake import ASY, Stakers, create_message

from assay.crypto.accounts import Account
from assay.proto.staking_pb2 import Description
from assay.proto.tx_pb2 import (
    MsgCancelUnbonding,
    MsgCreateValidator,
    MsgDelegate,
    MsgEditValidator,
    MsgRedelegate,
    MsgSetWithdrawAddress,
    MsgUndelegate,
)
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.rules import gas, keys


class Counting(Overlay):
    """Counts reads."""

    def __init__(self, parent: Overlay) -> None:
        super().__init__(parent)
        self.reads = 0

    def get(self, key: bytes) -> bytes | None:
        self.reads += 1
        return super().get(key)


@pytest.fixture
def chain() -> Stakers:
    """Whatever is done, rewards are paid to another account first."""
    chain = Stakers(stakes=(9 * ASY, 5 * ASY))
    who = chain.people[0]
    chain.run("set_withdraw_address", who, MsgSetWithdrawAddress(address=b"q" * 20))
    for number in range(2):
        chain.delegate(who, number, 10 * ASY)
    chain.undelegate(who, 0, ASY)
    chain.end_block()
    for number in range(2):
        earn(chain.ctx, chain.validator(number), 100_000)
    chain.end_block()
    return chain


@contextmanager
def counted(chain: Stakers, height: int) -> Iterator[tuple[Context, list[int]]]:
    """A context whose store accesses are known afterwards: what they cost."""
    view = Counting(chain.view)
    cost: list[int] = []
    yield chain.context(height, view), cost
    # That the set is to be decided on is noted once a block.
    cost.append(gas.store_cost(view.reads, len(view.changes.keys() - {keys.STAKE_CHANGED})))


def messages(chain: Stakers) -> list[tuple[str, Account, Any]]:
    first, second, who = chain.operator(0), chain.operator(1), chain.people[0]
    return [
        ("delegate", who, MsgDelegate(validator=first, amount=5)),
        ("undelegate", who, MsgUndelegate(validator=first, amount=5)),
        ("undelegate", chain.stakers[0], MsgUndelegate(validator=first, amount=9 * ASY)),
        ("redelegate", who, MsgRedelegate(source=first, target=second, amount=5)),
        ("cancel_unbonding", who, MsgCancelUnbonding(validator=first, entry=1, amount=ASY)),
        ("create_validator", who, create_message(who, account(1), account(2))),
        ("edit_validator", chain.stakers[0], MsgEditValidator(min_self_delegation=2 * ASY)),
    ]


@pytest.mark.parametrize("index", range(7))
def test_a_message_pays_for_its_store_accesses(chain: Stakers, index: int) -> None:
    kind, sender, message = messages(chain)[index]
    completion = 0
    with counted(chain, chain.height) as (ctx, cost):
        HANDLERS[kind].execute(ctx, sender.address, message)
    if kind in ("undelegate", "redelegate"):
        chain.run(kind, sender, message)
        before = chain.height + chain.params.unbonding_period
        with counted(chain, before) as (ctx, later):
            staking.end_block(ctx)
        with counted(chain, before + 1) as (ctx, nothing):
            staking.end_block(ctx)
        completion = later[0] - nothing[0]
        assert completion > 0
    assert HANDLERS[kind].cost(message, chain.params) >= cost[0] + completion


def test_a_longer_description_costs_more() -> None:
    chain = Stakers()
    long = Description(moniker="m", details="d" * 200)
    for kind, message in (("create_validator", MsgCreateValidator), ("edit_validator", MsgEditValidator)):
        handler = HANDLERS[kind]
        short = handler.cost(message(description=Description(moniker="m")), chain.params)
        growth = long.ByteSize() - Description(moniker="m").ByteSize()
        assert handler.cost(message(description=long), chain.params) - short == growth * gas.STORED_BYTE
