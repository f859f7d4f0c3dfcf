"""Naming those who did wrong, and leaving their seats out of new keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.state.chain import Chain

from assay.proto import state_pb2 as pb
from assay.proto.staking_pb2 import (
    BOND_STATUS_UNBONDING,
    SLASH_REASON_COMMITTEE_FAULT,
    SLASH_REASON_COMMITTEE_SILENCE,
    SlashRecord,
)
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import MsgUndelegate, MsgUnjail
from assay.state import faults, invariants
from assay.state.ceremony import pool
from assay.state.rules import errors, keys, outcomes
from assay.state.validators import records as validators

PROVEN = sorted(set(pb.FaultKind.values()) - faults.SILENCE - {pb.FAULT_KIND_UNSPECIFIED})


def named(chain: Chain, member: int, kind: int, key_id: int = 1) -> None:
    key = chain.view.require(Key, keys.committee_key(1))
    key.id = key_id
    faults.name_fault(chain.ctx, key, member, kind)  # type: ignore[arg-type]


@pytest.fixture
def chain() -> Chain:
    """Four seats of five hold a key in the making; silence counts for twenty blocks."""
    made = Chain(seats=5, min_committee=4, absence_window=20, ceremony_window=10_000)
    made.end_block()
    return made


def members(chain: Chain) -> list[int]:
    """The numbers of the seats that a key begun now would have."""
    return [chain.number(seat.validator) for seat in pool.choose_members(chain.ctx)]


@pytest.mark.parametrize("kind", sorted(faults.SILENCE))
def test_a_silent_seat_is_left_out_for_a_while_and_comes_back_by_itself(chain: Chain, kind: int) -> None:
    named(chain, 1, kind)
    until = chain.height + 20
    while chain.height < until:
        assert members(chain) == [0, 2, 3, 4]
        chain.end_block()
    assert members(chain) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", PROVEN)
def test_a_seat_whose_wrong_is_proven_comes_back_when_its_operator_unjails_it(
    chain: Chain, kind: int
) -> None:
    chain.params.slash_committee_fault = 0  # or others would have more stake
    named(chain, 1, kind)
    until = chain.height + chain.params.committee_jail
    while chain.height < until:
        with pytest.raises(errors.StillJailed):
            chain.run("unjail", chain.operators[1], MsgUnjail())
        chain.end_block()
        assert members(chain) == [0, 2, 3, 4]
    chain.end_block(10)
    assert members(chain) == [0, 2, 3, 4], "it was not asked for"
    chain.run("unjail", chain.operators[1], MsgUnjail())
    chain.end_block()
    assert members(chain) == [0, 1, 2, 3]


def test_of_two_suspensions_the_longer_counts(chain: Chain) -> None:
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY)
    first = faults.suspension(chain.view, chain.seats[1].validator, chain.height)
    chain.ctx.params.absence_window = 5
    named(chain, 1, pb.FAULT_KIND_SILENT_RELEASE)
    assert faults.suspension(chain.view, chain.seats[1].validator, chain.height) == first
    chain.ctx.params.absence_window = 25
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY, key_id=2)
    later = faults.suspension(chain.view, chain.seats[1].validator, chain.height)
    assert first
    assert later
    assert later.until == chain.height + 25 > first.until
    assert later.key_id == 2
    named(chain, 1, pb.FAULT_KIND_BAD_SEEDS)
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY, key_id=3)
    last = faults.suspension(chain.view, chain.seats[1].validator, chain.height)
    assert last
    assert (last.until, last.kind) == (chain.height + chain.params.committee_jail, pb.FAULT_KIND_BAD_SEEDS)


def test_a_fault_is_told_and_recorded_once_for_each_validator_key_and_kind(chain: Chain) -> None:
    for kind, key_id in (
        (pb.FAULT_KIND_SILENT_CEREMONY, 1),
        (pb.FAULT_KIND_SILENT_CEREMONY, 1),
        (pb.FAULT_KIND_BAD_SEEDS, 1),
        (pb.FAULT_KIND_SILENT_CEREMONY, 2),
    ):
        named(chain, 2, kind, key_id)
    told = [dict(event.attributes) for event in chain.ctx.events if event.kind == "fault"]
    validator = chain.seats[2].validator
    assert told == [
        {"validator": validator.hex(), "key": key, "kind": kind, "member": "2"}
        for key, kind in (("1", "silent_ceremony"), ("1", "bad_seeds"), ("2", "silent_ceremony"))
    ]
    assert [(fault.key_id, fault.kind, fault.member) for fault in faults.listed(chain.view, validator)] == [
        (1, pb.FAULT_KIND_SILENT_CEREMONY, 2),
        (1, pb.FAULT_KIND_BAD_SEEDS, 2),
        (2, pb.FAULT_KIND_SILENT_CEREMONY, 2),
    ]
    assert list(faults.listed(chain.view, chain.seats[0].validator)) == []


def test_naming_again_does_not_prolong_a_suspension(chain: Chain) -> None:
    named(chain, 2, pb.FAULT_KIND_SILENT_CEREMONY)
    before = faults.suspension(chain.view, chain.seats[2].validator, chain.height)
    chain.end_block(3)
    named(chain, 2, pb.FAULT_KIND_SILENT_CEREMONY)
    assert faults.suspension(chain.view, chain.seats[2].validator, chain.height) == before


def test_no_round_opens_when_no_key_can_be_made_and_the_refusal_says_why(chain: Chain) -> None:
    message = chain.terms(key_id=1, min_contributors=1)
    for member in (0, 1):
        named(chain, member, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    with pytest.raises(
        errors.KeyNotReady
    ):  # the key in the making has lost too many, but is not given up yet
        chain.run("open_round", chain.owner, message)
    chain.end_block()
    with pytest.raises(
        errors.NoCommittee,
        match=r"3 validators with 1000000 uasy in the set can serve, a key takes 4; suspended: 3abf",
    ):
        chain.run("open_round", chain.owner, message)
    ready = chain.ready_key()
    with pytest.raises(errors.KeyNotReady):  # another one would do
        chain.run("open_round", chain.owner, message)
    chain.run("open_round", chain.owner, chain.terms(key_id=ready.id))


def fail(chain: Chain, member: int) -> None:
    named(chain, member, pb.FAULT_KIND_WRONG_SCORE_SHARE)


def unbond(chain: Chain, member: int) -> None:
    """The operator takes its stake out, all but what it needs to stay in the set."""
    operator, stake = chain.operators[member], chain.validator(member).tokens
    message = MsgUndelegate(validator=operator.address, amount=stake - 999_999)
    chain.run("undelegate", operator, message)


def leave(chain: Chain, _: int) -> None:
    """Others come into the set for it."""
    chain.params.max_validators = 4
    chain.view.put(keys.STAKE_CHANGED, b"\x01")


# What a member pays for ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rate"), [*((kind, 500) for kind in PROVEN), *((kind, 1) for kind in faults.SILENCE)]
)
def test_a_fault_takes_its_part_of_the_stake_the_seat_had(chain: Chain, kind: int, rate: int) -> None:
    before = chain.validator(1).tokens
    chain.end_block()
    named(chain, 1, kind)
    (done,) = slashes(chain, 1)
    assert (done.burned, done.fraction, done.key_id) == (before * rate // 10_000, rate, 1)
    assert chain.validator(1).tokens == before - done.burned
    proven = kind not in faults.SILENCE
    assert chain.validator(1).jailed == proven
    assert done.reason == (SLASH_REASON_COMMITTEE_FAULT if proven else SLASH_REASON_COMMITTEE_SILENCE)


def test_a_member_that_begins_to_unbond_after_its_keys_start_is_slashed_for_a_fault_in_it(
    chain: Chain,
) -> None:
    """Its round goes on; what leaves pays as well as what stays."""
    round_id = chain.opened()
    stake = chain.validator(1).tokens
    chain.end_block(2)
    unbond(chain, 1)
    chain.end_block(30)
    assert chain.validator(1).status == BOND_STATUS_UNBONDING
    faults.name_fault(chain.ctx, chain.key_of(round_id), 1, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    (done,) = slashes(chain, 1)
    assert done.burned == stake * 500 // 10_000
    assert done.from_unbonding == (stake - 999_999) * 500 // 10_000
    chain.end_block(40)
    invariants.check_all(chain.view)


def test_stake_that_left_before_the_key_began_pays_nothing() -> None:
    chain = Chain(seats=4, min_committee=4)
    chain.end_block()
    message = MsgUndelegate(validator=chain.operators[1].address, amount=50_000_000)
    chain.run("undelegate", chain.operators[1], message)
    chain.params.key_pool = 2
    chain.end_block()  # the next key begins with what is left
    key = chain.view.require(Key, keys.committee_key(2))
    member = [chain.number(item.seat.validator) for item in key.members].index(1)
    assert key.members[member].seat.stake == 49_000_000
    faults.name_fault(chain.ctx, key, member, pb.FAULT_KIND_WRONG_KEY_SHARE)
    (done,) = slashes(chain, 1)
    assert (done.burned, done.from_unbonding) == (49_000_000 * 500 // 10_000, 0)


def test_a_validator_made_anew_by_the_same_operator_does_not_pay(chain: Chain) -> None:
    record = chain.validator(1)
    record.created = chain.height
    validators.save(chain.ctx, record)
    named(chain, 1, pb.FAULT_KIND_WRONG_KEY_SHARE)
    assert slashes(chain, 1) == []
    assert not chain.validator(1).jailed
    assert faults.suspension(chain.view, chain.seats[1].validator, chain.height)


def slashes(chain: Chain, number: int) -> list[SlashRecord]:
    found = chain.view.iterate(keys.slashes(chain.operators[number].address))
    return [SlashRecord.FromString(data) for _, data in found]


# Which keys are given up ---------------------------------------------------------------------


@pytest.mark.parametrize(("what", "member"), [(fail, 0), (unbond, 1), (leave, 4)])
def test_a_key_of_the_pool_is_given_up_when_a_member_is_jailed_leaves_the_set_or_has_no_stake_for_a_seat(
    chain: Chain, what: Callable[[Chain, int], None], member: int
) -> None:
    """Its round might end after that member's stake has left."""
    named(chain, (member + 1) % 5, pb.FAULT_KIND_SILENT_RELEASE)  # that alone is no reason
    chain.seats.insert(0, chain.seats.pop(member))
    ready = chain.ready_key()
    chain.end_block()
    assert [key.status for key in all_keys(chain)] == [pb.KEY_STATUS_JOINING, pb.KEY_STATUS_READY]
    what(chain, member)
    chain.end_block(2)
    given_up = [key.id for key in all_keys(chain) if key.failure == outcomes.KEY_MEMBERS]
    assert given_up == ([1, ready.id] if member < 4 else [ready.id])


@pytest.mark.parametrize("what", [fail, unbond])
def test_a_key_that_serves_a_round_stays_though_a_member_leaves(
    chain: Chain, what: Callable[[Chain, int], None]
) -> None:
    round_id = chain.opened()
    what(chain, 0)
    chain.end_block(3)
    assert chain.key_of(round_id).status == pb.KEY_STATUS_TAKEN
    assert len(chain.key_of(round_id).members) == 4


def all_keys(chain: Chain) -> list[Key]:
    return [Key.FromString(data) for _, data in chain.view.iterate(keys.KEY)]


def test_the_note_says_what_is_being_made_or_who_is_missing(chain: Chain) -> None:
    assert pool.note(chain.ctx) == "the committee is making keys; ask again in some blocks"
    until = chain.height + 20
    named(chain, 0, pb.FAULT_KIND_SILENT_CEREMONY)
    named(chain, 1, pb.FAULT_KIND_BAD_SEEDS)
    named(chain, 3, pb.FAULT_KIND_WRONG_KEY_SHARE)
    chain.end_block()
    text = pool.note(chain.ctx)
    assert "2 validators with 1000000 uasy in the set can serve, a key takes 4" in text
    silent, wrong = (chain.seats[number].validator.hex() for number in (0, 3))
    jailed = until - 20 + chain.params.committee_jail
    assert f"{silent} until height {until} (silent_ceremony, key 1)" in text
    assert f"{wrong} until height {jailed} (wrong_key_share, key 1)" in text


def test_the_note_says_why_the_last_attempt_failed() -> None:
    chain = Chain(seats=6, min_committee=4)
    chain.end_block()
    for member in (0, 1):
        named(chain, member, pb.FAULT_KIND_BAD_SEEDS)
    chain.end_block()
    failed = "key 1 failed: a member has left the validator set or lost its stake"
    assert pool.note(chain.ctx) == f"the committee is making keys; ask again in some blocks ({failed})"
