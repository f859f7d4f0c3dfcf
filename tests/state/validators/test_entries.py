"""Delegations, unbondings and redelegations: found from either side, and gone from everywhere."""

from __future__ import annotations

from assay.proto.staking_pb2 import Delegation, RedelegationEntry, UnbondingEntry
from assay.state import schedule
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.validators import delegations, redelegations, unbondings

ANN, BOB = b"a" * 20, b"b" * 20
ONE, TWO, THREE = b"1" * 20, b"2" * 20, b"3" * 20


def test_a_delegation_is_found_by_its_account_and_by_its_validator(ctx: Context) -> None:
    made = [
        Delegation(delegator=delegator, validator=validator, shares=b"\x05")
        for delegator, validator in ((ANN, ONE), (ANN, TWO), (BOB, ONE))
    ]
    for record in made:
        delegations.save(ctx.view, record)
    assert delegations.load(ctx.view, ANN, TWO) == made[1]
    assert list(delegations.by_delegator(ctx.view, ANN)) == made[:2]
    assert list(delegations.to_validator(ctx.view, ONE)) == [made[0], made[2]]


def test_a_delegation_without_shares_is_gone(ctx: Context) -> None:
    before = dict(ctx.view.changes)
    record = Delegation(delegator=ANN, validator=ONE, shares=b"\x05")
    delegations.save(ctx.view, record)
    record.shares = b""
    delegations.save(ctx.view, record)
    assert delegations.load(ctx.view, ANN, ONE) is None
    assert list(delegations.to_validator(ctx.view, ONE)) == []
    assert {key for key, value in ctx.view.changes.items() if value is not None} == before.keys()


def test_an_unbonding_is_found_from_either_side_and_when_it_is_due(ctx: Context) -> None:
    before = dict(ctx.view.changes)
    made = [
        UnbondingEntry(id=number, delegator=delegator, validator=validator, completes=20, balance=7)
        for number, delegator, validator in ((1, ANN, TWO), (2, ANN, ONE), (300, ANN, TWO), (4, BOB, ONE))
    ]
    for entry in made:
        unbondings.add(ctx.view, entry)
    assert unbondings.load(ctx.view, 2) == made[1]
    assert list(unbondings.by_delegator(ctx.view, ANN, TWO)) == [made[0], made[2]]
    assert list(unbondings.by_delegator(ctx.view, ANN)) == [made[1], made[0], made[2]]
    assert list(unbondings.from_validator(ctx.view, ONE)) == [made[1], made[3]]
    assert schedule.take_due(ctx.view, 20, keys.DEADLINE_UNBONDING) == [1, 2, 4, 300]
    for entry in made:
        unbondings.remove(ctx.view, entry)
    assert {key for key, value in ctx.view.changes.items() if value is not None} == before.keys()


def test_a_redelegation_is_found_from_either_side_and_when_it_is_due(ctx: Context) -> None:
    before = dict(ctx.view.changes)
    made = [
        RedelegationEntry(id=number, delegator=delegator, source=source, target=target, completes=20)
        for number, delegator, source, target in (
            (1, ANN, ONE, TWO),
            (2, ANN, THREE, TWO),
            (3, ANN, ONE, THREE),
            (4, BOB, ONE, TWO),
            (5, ANN, ONE, TWO),
        )
    ]
    for entry in made:
        redelegations.add(ctx.view, entry)
    assert redelegations.load(ctx.view, 3) == made[2]
    assert list(redelegations.by_delegator(ctx.view, ANN, TWO)) == [made[0], made[4], made[1]]
    assert list(redelegations.between(ctx.view, ANN, TWO, ONE)) == [made[0], made[4]]
    assert list(redelegations.from_validator(ctx.view, ONE)) == [made[0], made[2], made[3], made[4]]
    assert schedule.take_due(ctx.view, 20, keys.DEADLINE_REDELEGATION) == [1, 2, 3, 4, 5]
    for entry in made:
        redelegations.remove(ctx.view, entry)
    assert {key for key, value in ctx.view.changes.items() if value is not None} == before.keys()
