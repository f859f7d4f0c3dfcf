"""Accounts and movements of tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.proto.state_pb2 import Account
from assay.state import invariants, ledger
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.errors import BadAmount, InsufficientFunds


def test_a_movement_keeps_the_supply(ctx: Context, funded: list[Any]) -> None:
    ledger.move(ctx, funded[0].address, funded[1].address, 3)
    assert ledger.account(ctx.view, funded[0].address).balance == 9_999_997
    assert ledger.account(ctx.view, funded[1].address).balance == 10_000_003
    invariants.check_all(ctx.view)


def test_moving_more_than_there_is_changes_nothing(ctx: Context, funded: list[Any]) -> None:
    before = dict(ctx.view.changes)
    with pytest.raises(InsufficientFunds, match="holds 10000000 uasy, 10000001 uasy are needed"):
        ledger.move(ctx, funded[0].address, funded[1].address, 10_000_001)
    assert ctx.view.changes == before


def test_a_movement_to_oneself_changes_nothing(ctx: Context, funded: list[Any]) -> None:
    ledger.move(ctx, funded[0].address, funded[0].address, 10_000_000)
    assert ledger.account(ctx.view, funded[0].address).balance == 10_000_000
    invariants.check_all(ctx.view)


def test_burning_reduces_the_supply(ctx: Context, funded: list[Any]) -> None:
    ledger.burn(ctx, funded[0].address, 7)
    assert (ledger.supply(ctx.view).total, ledger.supply(ctx.view).burned) == (49_999_993, 7)
    invariants.check_all(ctx.view)


def test_the_supply_is_bounded(ctx: Context, people: list[Any]) -> None:
    ledger.mint(ctx, people[0].address, ledger.MAX_SUPPLY)
    with pytest.raises(BadAmount):
        ledger.mint(ctx, people[1].address, 1)


def test_an_account_that_never_sent_and_holds_nothing_leaves_no_record(
    ctx: Context, people: list[Any]
) -> None:
    ledger.mint(ctx, people[0].address, 5)
    ledger.move(ctx, people[0].address, people[1].address, 5)
    assert ctx.view.get(keys.account(people[0].address)) is None


def test_a_broken_supply_is_found(ctx: Context, funded: list[Any]) -> None:
    ctx.view.save(keys.account(funded[0].address), Account(balance=1))
    with pytest.raises(invariants.InvariantBroken, match="the supply is 50000000"):
        invariants.check_all(ctx.view)


STEP = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 15_000_000), st.booleans())


@given(steps=st.lists(STEP, max_size=30))
def test_no_sequence_of_movements_creates_a_unit(steps: Any) -> None:
    from assay.proto.state_pb2 import Params
    from assay.state.overlay import Overlay

    ctx = Context("chain", 1, Params(), Overlay(_Empty()))
    model = [10_000_000] * 5
    names = [bytes((number,)) * 20 for number in range(5)]
    for name in names:
        ledger.mint(ctx, name, 10_000_000)
    for source, target, amount, burns in steps:
        try:
            if burns:
                ledger.burn(ctx, names[source], amount)
            else:
                ledger.move(ctx, names[source], names[target], amount)
        except InsufficientFunds:
            assert amount > model[source]
            continue
        model[source] -= amount
        if not burns:
            model[target] += amount
    assert [ledger.account(ctx.view, name).balance for name in names] == model
    invariants.check_all(ctx.view)


class _Empty:
    def get(self, key: bytes) -> bytes | None:
        return None

    def iterate(self, prefix: bytes, start: bytes = b"") -> Any:
        return iter(())

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return None
