"""A key's ceremony, from the first message to readiness or failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee

from assay.crypto.committee import messages
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, Opening
from assay.state import faults, openings
from assay.state.ceremony import pool, records
from assay.state.ceremony.slots import Awaited
from assay.state.rules import errors, keys, outcomes

ORDER = (
    pb.KEY_STATUS_JOINING,
    pb.KEY_STATUS_SEEDING,
    pb.KEY_STATUS_CHECKING,
    pb.KEY_STATUS_PUBLIC_KEY,
    pb.KEY_STATUS_RELIN_KEY,
    pb.KEY_STATUS_SELF_TEST,
    pb.KEY_STATUS_READY,
)


def first_key(committee: RealCommittee) -> Key:
    return committee.chain.view.require(Key, keys.committee_key(1))


def run_to(committee: RealCommittee, status: int, limit: int = 12) -> Key:
    for _ in range(limit):
        if committee.chain.view.get(keys.committee_key(1)) and first_key(committee).status == status:
            return first_key(committee)
        committee.block()
    raise AssertionError("the key does not get there")


def test_a_key_goes_through_its_phases_in_order_and_becomes_ready(committee: RealCommittee) -> None:
    seen: list[int] = []
    for _ in range(10):
        committee.block()
        status = first_key(committee).status
        if not seen or seen[-1] != status:
            seen.append(status)
    assert tuple(seen) == ORDER
    key = first_key(committee)
    assert (key.deadline, key.awaited, key.test_opening, key.failure) == (0, 0, 0, "")
    assert records.pool(committee.chain.view) == [1]


def test_only_the_combined_parts_are_kept(committee: RealCommittee) -> None:
    key = committee.make_key()
    memory = committee.chain.memory
    kept = {digest for scope, digest in memory.bulk if scope == keys.key_scope(key.id)}
    assert kept == {key.public_key, key.relin_key, *key.test_payloads}
    assert list(memory.iterate(keys.slots(key.id))) == []
    p0 = memory.get_bulk(keys.key_scope(key.id), key.public_key)
    relin = memory.get_bulk(keys.key_scope(key.id), key.relin_key)
    assert len(p0 or b"") == SMALL.polynomial_bytes
    assert len(relin or b"") == 8 * 2 * 2 * 3 * SMALL.degree


def test_members_are_recorded_with_the_keys_they_posted(four: RealCommittee) -> None:
    key = run_to(four, pb.KEY_STATUS_SEEDING)
    assert [member.seat for member in key.members] == four.chain.seats
    for number, member in enumerate(key.members):
        assert len(member.exchange_key) == len(member.signing_key) == 32
        # Member 0 deals the three seeds it holds, member 1 the one that member 0 does not hold.
        assert len(member.seed_hashes) == 32 * (3, 1, 0, 0)[number]


@pytest.mark.parametrize(
    ("seats", "minimum", "members"), [(1, 1, 1), (3, 1, 1), (4, 1, 4), (6, 4, 4), (7, 4, 7), (12, 4, 10)]
)
def test_the_largest_size_that_the_seats_fill_is_taken(seats: int, minimum: int, members: int) -> None:
    chain = Chain(seats=seats, min_committee=minimum)
    chosen = pool.choose_members(chain.ctx)
    assert chosen == sorted(chain.seats, key=lambda seat: seat.validator)[:members]


@pytest.mark.parametrize(("seats", "minimum"), [(1, 4), (3, 4), (6, 7), (9, 10)])
def test_too_few_seats_make_no_key(seats: int, minimum: int) -> None:
    chain = Chain(seats=seats, min_committee=minimum)
    chain.end_block(3)
    assert list(chain.memory.iterate(keys.KEY)) == []


def test_the_pool_holds_as_many_keys_as_the_chain_asks_for_and_no_more(tmp_path: Path) -> None:
    committee = RealCommittee(Chain(key_pool=3), tmp_path)
    for _ in range(8):
        committee.block()
        assert records.pool(committee.chain.view) == [1, 2, 3]
    assert all(
        committee.chain.view.require(Key, keys.committee_key(number)).status == pb.KEY_STATUS_READY
        for number in (1, 2, 3)
    )


def test_a_key_that_is_taken_is_replaced(committee: RealCommittee) -> None:
    key = committee.make_key()
    committee.chain.open_round(key_id=key.id)
    committee.chain.end_block()
    assert records.pool(committee.chain.view) == [key.id + 1]


# --- failure -----------------------------------------------------------------


@pytest.mark.parametrize("status", ORDER[:-1])
def test_a_phase_without_its_last_message_fails_at_its_deadline_and_names_who_was_silent(
    four: RealCommittee, status: int
) -> None:
    key = run_to(four, status)
    four.silent = {0, 1}  # members that are needed in every phase, and two too many for a self-test
    assert key.deadline == four.chain.height - 1 + four.chain.params.ceremony_window
    # The window of a self-test begins when its ciphertext is known, one block later.
    deadline = key.deadline + (status == pb.KEY_STATUS_SELF_TEST)
    while four.chain.height < deadline:
        four.block()
    assert first_key(four).status == status
    four.block()
    key = first_key(four)
    assert (key.status, key.failure, key.deadline) == (pb.KEY_STATUS_FAILED, outcomes.KEY_NO_ANSWER, 0)
    assert [(fault.member, fault.kind) for fault in faults.listed(four.chain.view)] == [
        (member, pb.FAULT_KIND_SILENT_CEREMONY) for member in (0, 1)
    ]
    assert not [scope for scope, _ in four.chain.memory.bulk if scope == keys.key_scope(1)]
    assert list(four.chain.memory.iterate(keys.OPENING)) == []


def alter(committee: RealCommittee, member: int, change: Callable[[bytes], bytes]) -> None:
    """Run one block in which a member's messages are changed."""
    for message in committee.messages():
        body = message.body
        data = change(body.data) if body.member == member else body.data
        key = committee.chain.view.require(Key, keys.committee_key(body.key_id))
        committee.send(committee.sign(key, body.member, Awaited(body.phase, body.slot, len(data)), data))
    committee.chain.end_block()


def other_residue(data: bytes) -> bytes:
    word = int.from_bytes(data[:8], "little")
    return (word ^ 1).to_bytes(8, "little") + data[8:]


def test_one_wrong_share_of_the_public_key_in_four_is_found_without_opening_seeds(
    four: RealCommittee,
) -> None:
    """The others' shares tell; the key is given up because its author is jailed, not for want of a value."""
    run_to(four, pb.KEY_STATUS_PUBLIC_KEY)
    alter(four, 2, other_residue)
    assert (first_key(four).status, first_key(four).failure) == (
        pb.KEY_STATUS_FAILED,
        outcomes.KEY_MEMBERS,
    )
    assert first_key(four).public_key, "the right shares were enough"
    assert [(fault.member, fault.kind) for fault in faults.listed(four.chain.view)] == [
        (2, pb.FAULT_KIND_WRONG_KEY_SHARE)
    ]


def test_two_wrong_shares_of_the_public_key_end_it(four: RealCommittee) -> None:
    run_to(four, pb.KEY_STATUS_PUBLIC_KEY)
    original = four.data
    four.data = lambda view, key, number, item: (  # type: ignore[method-assign]
        other_residue(original(view, key, number, item)) if number < 2 else original(view, key, number, item)
    )
    four.block()
    assert (first_key(four).status, first_key(four).failure) == (
        pb.KEY_STATUS_OPENING,
        outcomes.KEY_PUBLIC_SHARES,
    )


def test_one_wrong_share_of_the_relinearisation_key_ends_it(four: RealCommittee) -> None:
    run_to(four, pb.KEY_STATUS_RELIN_KEY)
    alter(four, 3, other_residue)
    assert (first_key(four).status, first_key(four).failure) == (
        pb.KEY_STATUS_OPENING,
        outcomes.KEY_RELIN_SHARES,
    )
    assert records.pool(four.chain.view) == [1]


def test_a_key_that_does_not_fit_together_does_not_pass_its_self_test(committee: RealCommittee) -> None:
    run_to(committee, pb.KEY_STATUS_SELF_TEST)
    (opening,) = (Opening.FromString(data) for _, data in committee.chain.memory.iterate(keys.OPENING))
    for wrong in (0, -SMALL.unit, SMALL.unit * 2, SMALL.unit + SMALL.unit // 256):
        before = committee.chain.ctx.view.changes.copy()
        openings.deliver(committee.chain.ctx, opening, wrong)
        assert (first_key(committee).status, first_key(committee).failure) == (
            pb.KEY_STATUS_OPENING,
            outcomes.KEY_SELF_TEST,
        )
        committee.chain.ctx.view.changes = before


# --- what is refused ---------------------------------------------------------


def refused(
    committee: RealCommittee, error: type[Exception], member: int, item: Awaited, data: bytes
) -> None:
    key = first_key(committee)
    before = committee.chain.ctx.view.changes.copy()
    with pytest.raises(error):
        committee.send(committee.sign(key, member, item, data))
    assert committee.chain.ctx.view.changes == before


def test_a_message_of_another_phase_size_slot_or_sent_twice_is_not_awaited(four: RealCommittee) -> None:
    four.chain.end_block()
    join, phase = four.messages()[0], tx_pb2.COMMITTEE_PHASE_JOIN
    data = join.body.data
    refused(four, errors.NotAwaited, 0, Awaited(phase, 0, 0), data[:-1])
    refused(four, errors.NotAwaited, 0, Awaited(phase, 0, 0), data + b"\0")
    refused(four, errors.NotAwaited, 0, Awaited(phase, 1, 0), data)
    refused(four, errors.NotAwaited, 0, Awaited(tx_pb2.COMMITTEE_PHASE_SEEDS, 0, 0), data)
    refused(four, errors.NotAwaited, 2, Awaited(phase, 0, 0), data)
    four.send(join)
    refused(four, errors.NotAwaited, 0, Awaited(phase, 0, 0), data)


def test_a_member_cannot_speak_for_another(four: RealCommittee) -> None:
    four.chain.end_block()
    message = four.messages()[0]
    keys_of = four.chain.committee_keys
    keys_of[0], keys_of[1] = keys_of[1], keys_of[0]
    refused(
        four, errors.BadCommitteeSignature, 0, Awaited(tx_pb2.COMMITTEE_PHASE_JOIN, 0, 0), message.body.data
    )


def test_keys_nothing_can_be_sealed_to_and_residues_not_reduced_are_refused(four: RealCommittee) -> None:
    four.chain.end_block()
    data = four.messages()[0].body.data
    join = Awaited(tx_pb2.COMMITTEE_PHASE_JOIN, 0, len(data))
    refused(four, errors.BadCommitteeData, 0, join, bytes(32) + data[32:])
    refused(four, errors.BadCommitteeData, 0, join, data[:32] + b"\xff" * 32 + data[64:])
    run_to(four, pb.KEY_STATUS_PUBLIC_KEY)
    for phase, slot, prime in (
        (tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, 0, 0),
        (tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, 1, 1),
        (tx_pb2.COMMITTEE_PHASE_RELIN_KEY, 2, 2),
        (tx_pb2.COMMITTEE_PHASE_RELIN_KEY, 4, 1),
    ):
        if phase == tx_pb2.COMMITTEE_PHASE_RELIN_KEY:
            run_to(four, pb.KEY_STATUS_RELIN_KEY)
        chunk = np.full(SMALL.degree, SMALL.primes[prime] - 1, dtype="<u8")
        chunk[-1] += 1
        item = Awaited(phase, slot, messages.chunk_size(SMALL))
        refused(four, errors.BadCommitteeData, 0, item, chunk.tobytes())


def test_a_key_tells_of_each_of_its_steps(committee: RealCommittee) -> None:
    committee.make_key()
    told = [dict(event.attributes) for event in committee.chain.events if event.kind == "key"]
    words = [event["status"] for event in told if event["id"] == "1"]
    assert words == ["joining", "seeding", "checking", "public_key", "relin_key", "self_test", "ready"]
