"""Naming those who did wrong, and leaving their seats out of new keys."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key
from assay.state import faults
from assay.state.ceremony import pool
from assay.state.rules import errors, keys, outcomes

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
    return [seat.validator[0] for seat in pool.choose_members(chain.ctx)]


@pytest.mark.parametrize("kind", sorted(faults.SILENCE))
def test_a_silent_seat_is_left_out_for_a_while_and_comes_back_by_itself(chain: Chain, kind: int) -> None:
    named(chain, 1, kind)
    until = chain.height + 20
    while chain.height < until:
        assert members(chain) == [0, 2, 3, 4]
        chain.end_block()
    assert members(chain) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", PROVEN)
def test_a_seat_whose_wrong_is_proven_stays_out(chain: Chain, kind: int) -> None:
    named(chain, 1, kind)
    chain.end_block(60)
    assert members(chain) == [0, 2, 3, 4]


def test_silence_neither_shortens_a_longer_suspension_nor_ends_one_for_good(chain: Chain) -> None:
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY)
    first = faults.suspension(chain.view, chain.seats[1].validator, chain.height)
    chain.ctx.params.absence_window = 5
    named(chain, 1, pb.FAULT_KIND_SILENT_RELEASE)
    assert faults.suspension(chain.view, chain.seats[1].validator, chain.height) == first
    chain.ctx.params.absence_window = 50
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY, key_id=2)
    later = faults.suspension(chain.view, chain.seats[1].validator, chain.height)
    assert first
    assert later
    assert later.until == chain.height + 50 > first.until
    assert later.key_id == 2
    named(chain, 1, pb.FAULT_KIND_BAD_SEEDS)
    named(chain, 1, pb.FAULT_KIND_SILENT_CEREMONY, key_id=3)
    last = faults.suspension(chain.view, chain.seats[1].validator, 10**6)
    assert last
    assert (last.until, last.kind) == (0, pb.FAULT_KIND_BAD_SEEDS)


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
    with pytest.raises(errors.NoCommittee, match=r"3 of 5 seats can serve, a key takes 4; suspended: 0000"):
        chain.run("open_round", chain.owner, message)
    ready = chain.ready_key()
    with pytest.raises(errors.KeyNotReady):  # another one would do
        chain.run("open_round", chain.owner, message)
    chain.run("open_round", chain.owner, chain.terms(key_id=ready.id))


def test_a_key_that_lost_more_than_t_members_for_good_is_given_up_ready_or_not(chain: Chain) -> None:
    ready = chain.ready_key()
    named(chain, 0, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    named(chain, 1, pb.FAULT_KIND_SILENT_RELEASE)
    chain.end_block()
    assert [key.status for key in all_keys(chain)] == [pb.KEY_STATUS_JOINING, pb.KEY_STATUS_READY]
    named(chain, 2, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    chain.end_block()
    assert [(key.id, key.failure) for key in all_keys(chain)] == [
        (1, outcomes.KEY_MEMBERS),
        (ready.id, outcomes.KEY_MEMBERS),
    ]


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
    assert "2 of 5 seats can serve, a key takes 4" in text
    assert f"{'00' * 20} until height {until} (silent_ceremony, key 1)" in text
    assert f"{'03' * 20} for good (wrong_key_share, key 1)" in text


def test_the_note_says_why_the_last_attempt_failed() -> None:
    chain = Chain(seats=6, min_committee=4)
    chain.end_block()
    for member in (0, 1):
        named(chain, member, pb.FAULT_KIND_BAD_SEEDS)
    chain.end_block()
    note = "the committee is making keys; ask again in some blocks (key 1 failed: too many members suspended)"
    assert pool.note(chain.ctx) == note
