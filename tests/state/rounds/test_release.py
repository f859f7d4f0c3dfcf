"""Releasing the sum of the paid updates, and forgetting it."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain, Scores, random_payload
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import sign_committee_tx
from assay.crypto.ckks import payload
from assay.crypto.committee import messages
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, SlotRecord
from assay.proto.tx_pb2 import CommitteeBody, MsgAcknowledgeRelease, MsgCancelRound
from assay.state import ceremony, faults
from assay.state.envelope import decode
from assay.state.handlers import committee
from assay.state.overlay import Overlay
from assay.state.rules import errors, keys

RELEASE = tx_pb2.COMMITTEE_PHASE_RELEASE


def settled(chain: Chain) -> int:
    """A settled round of three contributors of whom the second is not paid."""
    round_id = chain.revealed(3)
    chain.answer(round_id, Scores(by_sender={chain.people[1].address: {"alignment": -0.2}}))
    assert chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
    return round_id


def send(chain: Chain, key: Key, member: int, slot: int = 0, size: int | None = None) -> None:
    data = bytes([member]) * (messages.release_size(SMALL) if size is None else size)
    body = CommitteeBody(version=1, key_id=key.id, phase=RELEASE, member=member, slot=slot, data=data)
    raw = sign_committee_tx(chain.committee_keys[member], CHAIN_ID, body.SerializeToString())
    message = decode(raw, CHAIN_ID, 1 << 20)
    scratch = Overlay(chain.view)
    parent, chain.ctx.view = chain.ctx.view, scratch
    try:
        committee.execute(chain.ctx, message)  # type: ignore[arg-type]
        scratch.flush_into(parent)
    finally:
        chain.ctx.view = parent


def acknowledge(chain: Chain, round_id: int) -> None:
    chain.run("acknowledge_release", chain.owner, MsgAcknowledgeRelease(round_id=round_id))


def test_only_paid_contributors_are_in_the_sum(chain: Chain) -> None:
    round_id = settled(chain)
    data = chain.view.get_bulk(keys.release_scope(round_id), chain.round(round_id).sum)
    assert data is not None
    total = payload.ciphertexts_of(data, SMALL, 1)
    first, third = (payload.ciphertexts_of(random_payload(n), SMALL, 1).astype(object) for n in (0, 2))
    for prime, modulus in enumerate(SMALL.cipher_primes):
        assert ((first + third)[:, :, prime] % modulus == total[:, :, prime]).all()


def test_payloads_are_dropped_once_their_sum_is_made(chain: Chain) -> None:
    round_id = settled(chain)
    chain.end_block()
    scope = keys.round_scope(round_id)
    assert not [place for place in chain.memory.bulk if place[0] == scope]
    assert len([place for place in chain.memory.bulk if place[0] == keys.release_scope(round_id)]) == 1


def test_each_members_sealed_share_is_awaited_in_its_exact_size(chain: Chain) -> None:
    round_id = chain.revealed(3)
    assert ceremony.awaited(chain.view, chain.key_of(round_id), 0) == []
    chain.answer(round_id)
    key = chain.key_of(round_id)
    assert key.status == pb.KEY_STATUS_TAKEN
    (wanted,) = ceremony.awaited(chain.view, key, 0)
    assert (wanted.phase, wanted.slot, wanted.size) == (RELEASE, 0, messages.release_size(SMALL))
    for slot, size in ((0, wanted.size - 1), (0, wanted.size + 1), (1, wanted.size), (0, 0)):
        with pytest.raises(errors.NotAwaited):
            send(chain, key, 0, slot, size)
    send(chain, key, 0)
    assert ceremony.awaited(chain.view, key, 0) == []
    with pytest.raises(errors.NotAwaited):
        send(chain, key, 0)


def test_a_sealed_share_is_kept_with_the_release(chain: Chain) -> None:
    round_id = settled(chain)
    key = chain.key_of(round_id)
    send(chain, key, 0)
    slot = chain.view.require(SlotRecord, keys.slot(key.id, RELEASE, 0, 0))
    data = chain.view.get_bulk(keys.release_scope(round_id), slot.digest)
    assert data == bytes(messages.release_size(SMALL))
    assert chain.round(round_id).release_shares == 1


def test_the_owner_acknowledges_only_what_it_can_have_opened() -> None:
    chain = Chain(seats=4)
    round_id = settled(chain)
    key = chain.key_of(round_id)
    for member in (3, 1):
        send(chain, key, member)
        with pytest.raises(errors.NothingToAcknowledge):
            acknowledge(chain, round_id)
    send(chain, key, 0)
    with pytest.raises(errors.NotRoundOwner):
        chain.run("acknowledge_release", chain.people[0], MsgAcknowledgeRelease(round_id=round_id))
    acknowledge(chain, round_id)
    assert chain.round(round_id).acknowledged
    with pytest.raises(errors.NothingToAcknowledge):
        acknowledge(chain, round_id)


def test_an_acknowledged_release_is_dropped_and_its_key_retired(chain: Chain) -> None:
    round_id = settled(chain)
    send(chain, chain.key_of(round_id), 0)
    chain.end_block()
    acknowledge(chain, round_id)
    chain.end_block()
    key = chain.key_of(round_id)
    assert key.status == pb.KEY_STATUS_RETIRED
    for scope in (keys.release_scope(round_id), keys.key_scope(key.id)):
        assert not [place for place in chain.memory.bulk if place[0] == scope]
    assert list(chain.memory.iterate(keys.slots(key.id))) == []
    assert chain.round(round_id).deadline == 0
    with pytest.raises(errors.NotAwaited):
        send(chain, key, 0)


def test_a_release_nobody_acknowledges_is_dropped_after_its_window() -> None:
    chain = Chain(release_window=10)
    round_id = settled(chain)
    send(chain, chain.key_of(round_id), 0)
    end = chain.height + 10
    assert chain.round(round_id).deadline == end
    chain.end_block(10)
    assert chain.key_of(round_id).status == pb.KEY_STATUS_TAKEN
    chain.end_block()
    record = chain.round(round_id)
    assert (chain.key_of(round_id).status, record.acknowledged) == (pb.KEY_STATUS_RETIRED, False)
    assert not [place for place in chain.memory.bulk if place[0] == keys.release_scope(round_id)]
    assert record.status == pb.ROUND_STATUS_SETTLED
    assert chain.told("release_ended")[-1]["acknowledged"] == "0"


def paid(chain: Chain) -> list[int]:
    """What each member's operator has been paid."""
    return [chain.balance(operator) for operator in chain.operators]


def faulty(chain: Chain) -> set[tuple[int, int]]:
    return {(fault.member, fault.kind) for fault in faults.listed(chain.view)}


def test_the_fee_is_divided_between_the_operators_when_the_release_ends_odd_units_to_the_first() -> None:
    chain = Chain(seats=4)
    round_id = settled(chain)
    for member in range(4):
        send(chain, chain.key_of(round_id), member)
    assert paid(chain) == [0] * 4
    acknowledge(chain, round_id)
    assert paid(chain) == [10_001, 10_000, 10_000, 10_000]
    assert chain.escrow(round_id) == 0
    assert [event["account"] for event in chain.told("fee")] == [op.address_text for op in chain.operators]


def test_two_seats_of_one_operator_are_paid_twice() -> None:
    chain = Chain(seats=4)
    chain.seats[1].operator = chain.seats[0].operator
    round_id = settled(chain)
    for member in range(3):
        send(chain, chain.key_of(round_id), member)
    acknowledge(chain, round_id)
    assert chain.balance(chain.operators[0]) == 20_001


def test_who_has_not_sent_its_share_when_the_window_is_over_is_named_and_its_part_is_burned() -> None:
    chain = Chain(seats=4, release_window=10, key_pool=1)
    round_id = settled(chain)
    key = chain.key_of(round_id)
    for member in (0, 2, 3):
        send(chain, key, member)
    chain.end_block(10)
    assert faulty(chain) == set()
    chain.end_block()
    assert faulty(chain) == {(1, pb.FAULT_KIND_SILENT_RELEASE)}
    assert paid(chain) == [10_001, 0, 10_000, 10_000]
    assert (chain.round(round_id).burned, chain.escrow(round_id)) == (10_000, 0)
    (told,) = chain.told("fee_burned")
    assert (told["account"], told["amount"]) == (chain.operators[1].address_text, "10000")


def test_an_acknowledged_release_does_without_the_shares_that_are_missing() -> None:
    """Else an owner could deprive whom it likes by being quick."""
    chain = Chain(seats=4)
    round_id = settled(chain)
    for member in (0, 2, 3):
        send(chain, chain.key_of(round_id), member)
    acknowledge(chain, round_id)
    assert faulty(chain) == set()
    assert paid(chain) == [10_001, 10_000, 10_000, 10_000]


@pytest.mark.parametrize("kind", [pb.FAULT_KIND_WRONG_SCORE_SHARE, pb.FAULT_KIND_SILENT_CEREMONY])
def test_who_was_named_for_a_fault_on_the_rounds_key_gets_no_part_of_its_fee(kind: pb.FaultKind) -> None:
    chain = Chain(seats=4)
    round_id = settled(chain)
    key, other = chain.key_of(round_id), chain.ready_key()
    faults.name_fault(chain.ctx, key, 3, kind)
    faults.name_fault(chain.ctx, other, 2, kind)
    for member in range(4):
        send(chain, key, member)
    acknowledge(chain, round_id)
    assert paid(chain) == [10_001, 10_000, 10_000, 0]


def test_a_round_that_ends_without_a_release_pays_its_committee_at_once() -> None:
    chain = Chain(seats=4)
    round_id = chain.opened()
    faults.name_fault(chain.ctx, chain.key_of(round_id), 0, pb.FAULT_KIND_WRONG_SCORE_SHARE)
    chain.run("cancel_round", chain.owner, MsgCancelRound(round_id=round_id))
    assert paid(chain) == [0, 10_000, 10_000, 10_000]
    assert (chain.round(round_id).burned, chain.escrow(round_id)) == (10_001, 0)


def test_a_round_that_is_not_settled_has_nothing_to_acknowledge(chain: Chain) -> None:
    opened, expired = chain.opened(), chain.revealed(2)
    chain.end_block(61)
    for round_id in (opened, expired):
        with pytest.raises(errors.NothingToAcknowledge):
            acknowledge(chain, round_id)
    with pytest.raises(errors.RoundNotFound):
        acknowledge(chain, 77)
