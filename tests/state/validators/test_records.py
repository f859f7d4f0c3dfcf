"""Validators' records, and the order by stake that is kept in step with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.state.conftest import CHAIN_ID, MemoryState, account

from assay.proto.staking_pb2 import BOND_STATUS_BONDED, BOND_STATUS_UNBONDED, SigningInfo, ValidatorRecord
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import ValidatorNotFound
from assay.state.rules.params import default_params
from assay.state.validators import records, signing


def validator(number: int, tokens: int = 5_000_000, **fields: object) -> ValidatorRecord:
    key = account(700 + number).public_key
    return ValidatorRecord(operator=bytes([number]) * 20, public_key=key, tokens=tokens, **fields)


def ranked(ctx: Context) -> list[int]:
    return [record.operator[0] for record in records.ranked(ctx.view)]


def test_a_validator_is_found_by_operator_and_by_consensus_address(ctx: Context) -> None:
    record = validator(1)
    records.save(ctx, record)
    assert records.find(ctx.view, record.operator) == record
    assert records.by_consensus_address(ctx.view, account(701).address) == record
    assert records.by_consensus_address(ctx.view, account(702).address) is None
    with pytest.raises(ValidatorNotFound):
        records.find(ctx.view, b"x" * 20)


def test_most_tokens_come_first_and_between_equals_the_lower_operator(ctx: Context) -> None:
    for number, tokens in ((3, 7_000_000), (1, 7_000_000), (2, 9_000_000), (4, 7_000_001)):
        records.save(ctx, validator(number, tokens))
    assert ranked(ctx) == [2, 4, 1, 3]
    assert [record.operator[0] for record in records.listed(ctx.view)] == [1, 2, 3, 4]


def test_the_jailed_and_the_powerless_have_no_place(ctx: Context) -> None:
    record = validator(1, ctx.params.power_reduction)
    records.save(ctx, record)
    assert ranked(ctx) == [1]
    record.tokens -= 1
    records.save(ctx, record)
    assert ranked(ctx) == []
    record.tokens += 1
    record.jailed = True
    records.save(ctx, record)
    assert ranked(ctx) == []


def test_only_a_change_of_place_asks_for_a_decision_on_the_set(ctx: Context) -> None:
    record = validator(1)
    records.save(ctx, record)
    for change, asks in (
        ({"status": BOND_STATUS_BONDED}, False),
        ({"tokens": 5_000_001}, True),
        ({"jailed": True}, True),
        ({"tokens": 6_000_000}, False),
    ):
        ctx.view.delete(keys.STAKE_CHANGED)
        for name, value in change.items():
            setattr(record, name, value)
        records.save(ctx, record)
        assert (ctx.view.get(keys.STAKE_CHANGED) is not None) == asks


def test_a_forgotten_validator_leaves_only_a_tombstone(ctx: Context) -> None:
    address = account(701).address
    for tombstoned in (False, True):
        records.save(ctx, validator(1))
        signing.save(ctx.view, SigningInfo(address=address, start_height=1, tombstoned=tombstoned))
        records.delete(ctx, validator(1))
        assert records.load(ctx.view, b"\x01" * 20) is None
        assert records.by_consensus_address(ctx.view, address) is None
        assert ranked(ctx) == []
        assert signing.is_tombstoned(ctx.view, address) == tombstoned
        assert (ctx.view.get(keys.signing_info(address)) is not None) == tombstoned


def test_tokens_lie_where_the_status_says() -> None:
    assert records.pool_of(validator(1, status=BOND_STATUS_BONDED)) == keys.BONDED_POOL
    assert records.pool_of(validator(1, status=BOND_STATUS_UNBONDED)) == keys.NOT_BONDED_POOL


CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2**63 - 1) | st.integers(0, 300), st.booleans())
)


@given(CHANGES)
def test_the_order_follows_every_change(changes: list[tuple[int, int, bool]]) -> None:
    params = default_params(development=True)
    params.power_reduction = 100
    ctx = Context(CHAIN_ID, 1, params, Overlay(MemoryState()))
    now: dict[int, tuple[int, bool]] = {}
    for number, tokens, jailed in changes:
        records.save(ctx, validator(number, tokens, jailed=jailed))
        now[number] = (tokens, jailed)
    able = [(-tokens, number) for number, (tokens, jailed) in now.items() if not jailed and tokens >= 100]
    assert ranked(ctx) == [number for _, number in sorted(able)]
