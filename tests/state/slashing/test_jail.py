"""Jail: how long it lasts, and who comes out of it."""

from __future__ import annotations

import pytest
from tests.state.slashing.stakes import Stakes

from assay.proto.staking_pb2 import SLASH_REASON_DOUBLE_SIGN
from assay.proto.tx_pb2 import MsgUnjail
from assay.state import ledger, slashing, staking
from assay.state.context import Misbehavior
from assay.state.handlers import HANDLERS
from assay.state.rules import errors, keys
from assay.state.validators import jail, records, signing


@pytest.fixture
def stakes() -> Stakes:
    made = Stakes()
    for number in range(2):
        record = made.validator(number, 10_000_000)
        record.min_self_delegation = 9_000_000
        records.save(made.ctx, record)
    return made


def unjail(stakes: Stakes) -> None:
    HANDLERS["unjail"].check(stakes.ctx, stakes.operator(0), MsgUnjail())
    HANDLERS["unjail"].execute(stakes.ctx, stakes.operator(0), MsgUnjail())


def ranked(stakes: Stakes) -> list[bytes]:
    return [record.operator for record in records.ranked(stakes.ctx.view)]


def test_a_jailed_validator_is_out_of_the_order_until_its_time_is_over(stakes: Stakes) -> None:
    jail.jail(stakes.ctx, stakes.record(0), 110)
    assert ranked(stakes) == [stakes.operator(1)]
    stakes.ctx.height = 109
    with pytest.raises(errors.StillJailed, match="until height 110"):
        unjail(stakes)
    stakes.ctx.height = 110
    unjail(stakes)
    assert sorted(ranked(stakes)) == sorted([stakes.operator(0), stakes.operator(1)])
    with pytest.raises(errors.NotJailed):
        unjail(stakes)
    assert [event.kind for event in stakes.ctx.events if "jail" in event.kind] == ["jail", "unjail"]


def test_of_two_sentences_the_longer_counts(stakes: Stakes) -> None:
    jail.jail(stakes.ctx, stakes.record(0), 120)
    jail.jail(stakes.ctx, stakes.record(0), 110)
    assert signing.load(stakes.ctx.view, stakes.address(0)).jailed_until == 120
    jail.jail(stakes.ctx, stakes.record(0), 130)
    assert signing.load(stakes.ctx.view, stakes.address(0)).jailed_until == 130


def test_who_was_jailed_for_too_little_of_its_own_stake_may_come_back_when_it_is_enough(
    stakes: Stakes,
) -> None:
    jail.jail(stakes.ctx, stakes.record(0))
    slashing.slash(stakes.ctx, stakes.record(0), 90, 10_000_000, 2_000, SLASH_REASON_DOUBLE_SIGN)
    with pytest.raises(errors.SelfDelegationTooLow, match="worth 8000000 uasy, it promised 9000000 uasy"):
        unjail(stakes)
    give(stakes, stakes.operator(1), 10_000_000)
    with pytest.raises(errors.SelfDelegationTooLow):
        unjail(stakes)
    give(stakes, stakes.operator(0), 1_000_000)
    unjail(stakes)


def give(stakes: Stakes, who: bytes, amount: int) -> None:
    """Have an account delegate new tokens to validator 0."""
    ledger.mint(stakes.ctx, who, amount)
    staking.delegate(stakes.ctx, who, stakes.record(0), amount)


def test_a_tombstoned_key_never_comes_back_nor_does_it_with_another_operator(stakes: Stakes) -> None:
    slashing.begin_block(stakes.ctx, (), [Misbehavior(stakes.address(0), 99, 10)])
    stakes.ctx.height = 10**9
    with pytest.raises(errors.Tombstoned):
        unjail(stakes)
    records.delete(stakes.ctx, stakes.record(0))
    assert signing.is_tombstoned(stakes.ctx.view, stakes.address(0))


def test_what_was_counted_of_a_key_is_forgotten_with_its_validator(stakes: Stakes) -> None:
    jail.jail(stakes.ctx, stakes.record(0), 110)
    records.delete(stakes.ctx, stakes.record(0))
    assert stakes.ctx.view.get(keys.signing_info(stakes.address(0))) is None


def test_somebody_without_a_validator_has_nothing_to_unjail(stakes: Stakes) -> None:
    with pytest.raises(errors.ValidatorNotFound):
        HANDLERS["unjail"].check(stakes.ctx, b"x" * 20, MsgUnjail())


def test_evidence_is_judged_before_votes_and_of_two_about_one_key_one_counts(stakes: Stakes) -> None:
    twice = [Misbehavior(stakes.address(0), 99, 10), Misbehavior(stakes.address(0), 98, 10)]
    slashing.begin_block(stakes.ctx, (), [*twice, Misbehavior(b"?" * 20, 99, 10)])
    (done,) = stakes.slashes(0)
    assert done.infraction_height == 98, "its power at 99 was stake that had not left before 98"
    assert stakes.record(0).jailed
