"""The life of a committee key: JOINING, SEEDING, PUBLIC_KEY, RELIN_KEY, SELF_TEST, READY, TAKEN, RETIRED.

A phase ends when all its messages have arrived. One that has not ended at its
deadline fails the key, as do shares that contradict one another, and another
key is started in its place.
"""

from __future__ import annotations

from typing import Final

from assay.crypto.committee import messages, self_test
from assay.crypto.committee.messages import MessageError
from assay.crypto.presets import by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import CommitteeSeat, Key, KeyMember, KeyStatus
from assay.state import counters, schedule, scoring_queue
from assay.state.ceremony import combine, pool, records, slots
from assay.state.context import Context
from assay.state.rules import keys, outcomes
from assay.state.rules.errors import BadCommitteeData
from assay.state.scoring_queue import Question

_NEXT: Final[dict[KeyStatus, KeyStatus]] = {
    pb.KEY_STATUS_JOINING: pb.KEY_STATUS_SEEDING,
    pb.KEY_STATUS_SEEDING: pb.KEY_STATUS_PUBLIC_KEY,
    pb.KEY_STATUS_PUBLIC_KEY: pb.KEY_STATUS_RELIN_KEY,
}


def end_block(ctx: Context) -> None:
    """Fail the keys whose phase is over without an end, and start as many as the pool lacks."""
    for key_id in schedule.take_due(ctx.view, ctx.height, keys.DEADLINE_KEY):
        key = ctx.view.require(Key, keys.committee_key(key_id))
        if key.test_opening and scoring_queue.is_waiting(ctx.view, key.test_opening, 1):
            _set_deadline(ctx, key, ctx.height + 1)  # it waits for others' work, not for its members
        else:
            _fail(ctx, key, outcomes.KEY_NO_ANSWER)
        records.save(ctx.view, key)
    missing = ctx.params.key_pool - len(records.pool(ctx.view))
    seats = pool.choose_members(ctx) if missing > 0 else []
    for _ in range(missing if seats else 0):
        _start(ctx, seats)


def _start(ctx: Context, seats: list[CommitteeSeat]) -> None:
    key = Key(
        id=counters.take_key(ctx.view),
        preset=ctx.params.preset,
        members=[KeyMember(seat=seat) for seat in seats],
        created=ctx.height,
    )
    records.save_pool(ctx.view, [*records.pool(ctx.view), key.id])
    _enter(ctx, key, pb.KEY_STATUS_JOINING)
    records.save(ctx.view, key)


def _enter(ctx: Context, key: Key, status: KeyStatus) -> None:
    """Begin a phase with a deadline of its own."""
    _set_deadline(ctx, key, ctx.height + ctx.params.ceremony_window)
    records.set_status(ctx, key, status)
    key.awaited = slots.expected_count(ctx.view, key)


def _set_deadline(ctx: Context, key: Key, height: int) -> None:
    _clear_deadline(ctx, key)
    key.deadline = height
    schedule.put(ctx.view, height, keys.DEADLINE_KEY, key.id)


def _clear_deadline(ctx: Context, key: Key) -> None:
    if key.deadline:
        schedule.remove(ctx.view, key.deadline, keys.DEADLINE_KEY, key.id)
        key.deadline = 0


def check_data(key: Key, member: int, item: slots.Awaited, data: bytes) -> None:
    """Refuse a ceremony message whose data, though of the right size, cannot be right.

    Raises
    ------
    BadCommitteeData
        A key nothing can be sealed to, or residues that are not reduced.
    """
    try:
        if item.phase == tx_pb2.COMMITTEE_PHASE_JOIN:
            messages.parse_join(len(key.members), member, data)
        elif item.phase in (tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, tx_pb2.COMMITTEE_PHASE_RELIN_KEY):
            prime = combine.prime_of(key, item.phase, item.slot)
            messages.parse_residues(by_wire_id(key.preset), prime, data)
    except MessageError as error:
        raise BadCommitteeData(str(error)) from None


def receive(ctx: Context, key: Key, member: int, item: slots.Awaited, data: bytes) -> None:
    """Keep a message that state awaited; end the phase if it was the last."""
    slots.store(ctx, key, keys.key_scope(key.id), member, item, data)
    if item.phase == tx_pb2.COMMITTEE_PHASE_JOIN:
        join = messages.parse_join(len(key.members), member, data)
        record = key.members[member]
        record.exchange_key, record.signing_key = join.exchange_key, join.signing_key
        record.seed_hashes = b"".join(join.seed_hashes)
    key.awaited -= 1
    if key.awaited == 0:
        _advance(ctx, key)
    records.save(ctx.view, key)


def _advance(ctx: Context, key: Key) -> None:
    if key.status == pb.KEY_STATUS_RELIN_KEY:
        _finish_parts(ctx, key)
        return
    if key.status == pb.KEY_STATUS_PUBLIC_KEY:
        part = combine.combine_public_key(ctx, key)
        if part is None:
            _fail(ctx, key, outcomes.KEY_PUBLIC_SHARES)
            return
        key.public_key = ctx.view.put_bulk(keys.key_scope(key.id), part)
    _enter(ctx, key, _NEXT[key.status])


def _finish_parts(ctx: Context, key: Key) -> None:
    """Keep the combined parts, drop the members' messages, and test the key."""
    relin = combine.combine_relin_key(ctx, key)
    if relin is None:
        _fail(ctx, key, outcomes.KEY_RELIN_SHARES)
        return
    scope = keys.key_scope(key.id)
    public = ctx.view.get_bulk(scope, key.public_key)
    if public is None:
        raise RuntimeError(f"the public part of key {key.id} is not kept")
    records.drop_parts(ctx, key.id)
    key.public_key, key.relin_key = ctx.view.put_bulk(scope, public), ctx.view.put_bulk(scope, relin)
    payloads = combine.self_test_payloads(ctx, key, public)
    key.test_payloads.extend(ctx.view.put_bulk(scope, payload) for payload in payloads)
    _enter(ctx, key, pb.KEY_STATUS_SELF_TEST)
    key.test_opening = scoring_queue.ask(ctx, key.id, 0, [Question(pb.OPENING_KIND_SELF_TEST)])


def self_test_computed(ctx: Context, key_id: int) -> None:
    """Let the members' window begin: before the ciphertext is known there was nothing to answer."""
    key = ctx.view.require(Key, keys.committee_key(key_id))
    _set_deadline(ctx, key, ctx.height + ctx.params.ceremony_window)
    records.save(ctx.view, key)


def self_test_opened(ctx: Context, key_id: int, value: int) -> None:
    """Take the committee's answer to the self-test, the score of 1 with itself under the key's preset."""
    key = ctx.view.require(Key, keys.committee_key(key_id))
    key.test_opening = 0
    if self_test.passes(records.name(ctx.chain_id, key), value):
        _clear_deadline(ctx, key)
        records.set_status(ctx, key, pb.KEY_STATUS_READY)
    else:
        _fail(ctx, key, outcomes.KEY_SELF_TEST)
    records.save(ctx.view, key)


def _fail(ctx: Context, key: Key, why: str) -> None:
    """Give a key up; the pool is filled again at the end of the block."""
    _clear_deadline(ctx, key)
    if key.test_opening:
        scoring_queue.drop(ctx, key.test_opening, 1)
    key.failure, key.awaited, key.test_opening = why, 0, 0
    records.set_status(ctx, key, pb.KEY_STATUS_FAILED)
    records.leave_pool(ctx.view, key.id)
    records.drop_parts(ctx, key.id)


def take(ctx: Context, key: Key, round_id: int) -> None:
    """Let a ready key serve a round, and no other ever."""
    key.round_id = round_id
    records.set_status(ctx, key, pb.KEY_STATUS_TAKEN)
    records.leave_pool(ctx.view, key.id)
    records.save(ctx.view, key)


def retire(ctx: Context, key_id: int) -> None:
    """End a taken key: its members erase their secrets, the chain drops its parts."""
    key = ctx.view.require(Key, keys.committee_key(key_id))
    records.set_status(ctx, key, pb.KEY_STATUS_RETIRED)
    records.drop_parts(ctx, key_id)
    records.save(ctx.view, key)
