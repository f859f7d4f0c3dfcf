"""The life of a committee key.

JOINING, SEEDING, CHECKING, PUBLIC_KEY, RELIN_KEY, SELF_TEST, READY, TAKEN, RETIRED: a phase ends when all its
messages have arrived. Whoever has not sent its own at the phase's deadline is named, and the key FAILED. So
is a key in which somebody cheated, once who it was has been found out: complaints of seeds lead to ANSWERING,
key shares that contradict one another to OPENING, and both to JUDGING. Another key is started in its place,
without those who were named.
"""

from __future__ import annotations

from typing import Final

from assay.crypto.committee import messages, seeds, self_test
from assay.crypto.committee.messages import MessageError
from assay.crypto.presets import by_wire_id
from assay.crypto.ring.tables import U64
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import CommitteeSeat, Key, KeyMember, KeyStatus
from assay.state import counters, faults, schedule, scoring_queue
from assay.state.ceremony import combine, pool, records, slots, verdicts
from assay.state.context import Context
from assay.state.rules import keys, outcomes
from assay.state.rules.errors import BadCommitteeData
from assay.state.scoring_queue import Question

_NEXT: Final[dict[KeyStatus, KeyStatus]] = {
    pb.KEY_STATUS_JOINING: pb.KEY_STATUS_SEEDING,
    pb.KEY_STATUS_SEEDING: pb.KEY_STATUS_CHECKING,
    pb.KEY_STATUS_ANSWERING: pb.KEY_STATUS_JUDGING,
    pb.KEY_STATUS_OPENING: pb.KEY_STATUS_JUDGING,
}
_GIVEN_UP: Final = (pb.KEY_STATUS_ANSWERING, pb.KEY_STATUS_OPENING, pb.KEY_STATUS_JUDGING)


def end_block(ctx: Context) -> None:
    """End the phases that are overdue, give keys up, and start as many as the pool lacks."""
    for key_id in schedule.take_due(ctx.view, ctx.height, keys.DEADLINE_KEY):
        key = ctx.view.require(Key, keys.committee_key(key_id))
        _overdue(ctx, key)
        records.save(ctx.view, key)
    _clear_pool(ctx)
    missing = ctx.params.key_pool - len(records.pool(ctx.view))
    seats = pool.choose_members(ctx) if missing > 0 else []
    for _ in range(missing if seats else 0):
        _start(ctx, seats)


def _clear_pool(ctx: Context) -> None:
    """Judge a key that is to be judged, one a block, and give up those that lost a member."""
    judged = False
    for key_id in records.pool(ctx.view):
        key = ctx.view.require(Key, keys.committee_key(key_id))
        if key.status == pb.KEY_STATUS_JUDGING and not judged:
            judged = True
            verdicts.judge(ctx, key)
            _fail(ctx, key, key.failure)
        elif key.status not in _GIVEN_UP and pool.has_lost_a_member(ctx, key):
            _fail(ctx, key, outcomes.KEY_MEMBERS)
        else:
            continue
        records.save(ctx.view, key)


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
    key.awaited = slots.needed(ctx.view, key)


def _set_deadline(ctx: Context, key: Key, height: int) -> None:
    _clear_deadline(ctx, key)
    key.deadline = height
    schedule.put(ctx.view, height, keys.DEADLINE_KEY, key.id)


def _clear_deadline(ctx: Context, key: Key) -> None:
    if key.deadline:
        schedule.remove(ctx.view, key.deadline, keys.DEADLINE_KEY, key.id)
        key.deadline = 0


def check_data(ctx: Context, key: Key, member: int, item: slots.Awaited, data: bytes) -> None:
    """Refuse a ceremony message whose data, though of the right size, cannot be right.

    Raises
    ------
    BadCommitteeData
        A key nothing can be sealed to, a bit that stands for no seed, a seed that is not the one announced,
        or residues that are not reduced.
    """
    size = len(key.members)
    try:
        if item.phase == tx_pb2.COMMITTEE_PHASE_JOIN:
            messages.parse_join(size, member, data)
        elif item.phase == tx_pb2.COMMITTEE_PHASE_CHECK:
            messages.parse_check(size, member, data)
        elif item.phase == tx_pb2.COMMITTEE_PHASE_OPEN:
            seeds.parse_opened(records.name(ctx.chain_id, key), member, records.joins(key), data)
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
    """Leave a phase whose messages have all arrived."""
    if key.status == pb.KEY_STATUS_CHECKING:
        _end_checking(ctx, key)
    elif key.status == pb.KEY_STATUS_PUBLIC_KEY:
        _combine_public_key(ctx, key)
    elif key.status == pb.KEY_STATUS_RELIN_KEY:
        _combine_relin_key(ctx, key)
    elif _NEXT[key.status] == pb.KEY_STATUS_JUDGING:
        _begin_judging(ctx, key)
    else:
        _enter(ctx, key, _NEXT[key.status])


def _end_checking(ctx: Context, key: Key) -> None:
    """Go on if everybody has good seeds; otherwise the accused dealers are to open theirs."""
    key.accused.extend(verdicts.accused(ctx, key))
    if key.accused:
        key.failure = outcomes.KEY_COMPLAINTS
        _enter(ctx, key, pb.KEY_STATUS_ANSWERING)
    else:
        _enter(ctx, key, pb.KEY_STATUS_PUBLIC_KEY)


def _combine_public_key(ctx: Context, key: Key) -> None:
    parts = _combined(ctx, key, combine.decode_public_key(ctx, key))
    if parts is None:
        _open_seeds(ctx, key, outcomes.KEY_PUBLIC_SHARES)
        return
    key.public_key = ctx.view.put_bulk(keys.key_scope(key.id), combine.public_part(parts))
    _enter(ctx, key, pb.KEY_STATUS_RELIN_KEY)


def _combine_relin_key(ctx: Context, key: Key) -> None:
    """Keep the relinearisation key, and test the key."""
    parts = _combined(ctx, key, combine.decode_relin_key(ctx, key))
    if parts is None:
        _open_seeds(ctx, key, outcomes.KEY_RELIN_SHARES)
        return
    scope = keys.key_scope(key.id)
    public = ctx.view.get_bulk(scope, key.public_key)
    if public is None:
        raise RuntimeError(f"the public part of key {key.id} is not kept")
    key.relin_key = ctx.view.put_bulk(scope, combine.relin_part(ctx, key, parts))
    payloads = combine.self_test_payloads(ctx, key, public)
    key.test_payloads.extend(ctx.view.put_bulk(scope, payload) for payload in payloads)
    _enter(ctx, key, pb.KEY_STATUS_SELF_TEST)
    key.test_opening = scoring_queue.ask(ctx, key.id, 0, [Question(pb.OPENING_KIND_SELF_TEST)])


def _combined(ctx: Context, key: Key, found: dict[int, combine.Found]) -> dict[int, U64] | None:
    """Name the authors of wrong shares; return the values, or None if shares contradict one another."""
    for member in combine.wrong(found):
        faults.name_fault(ctx, key, member, pb.FAULT_KIND_WRONG_KEY_SHARE)
    return combine.values(found)


def self_test_computed(ctx: Context, key_id: int) -> None:
    """Let the members' window begin: before the ciphertext is known there was nothing to answer."""
    key = ctx.view.require(Key, keys.committee_key(key_id))
    _set_deadline(ctx, key, ctx.height + ctx.params.ceremony_window)
    records.save(ctx.view, key)


def self_test_opened(ctx: Context, key_id: int, value: int) -> None:
    """Take the committee's answer to the self-test, the score of 1 with itself under the key's preset.

    Combined shares are right as long as no more than t members cheat, so a test that fails says that more
    did, or that a program is at fault. The seeds tell which: every share is recomputed.
    """
    key = ctx.view.require(Key, keys.committee_key(key_id))
    key.test_opening = 0
    if self_test.passes(records.name(ctx.chain_id, key), value):
        _clear_deadline(ctx, key)
        records.drop_messages(ctx, key)
        records.set_status(ctx, key, pb.KEY_STATUS_READY)
    else:
        _open_seeds(ctx, key, outcomes.KEY_SELF_TEST)
    records.save(ctx.view, key)


# --- giving up ---------------------------------------------------------------


def _overdue(ctx: Context, key: Key) -> None:
    """End a phase at its deadline: name who was silent, and give the key up.

    Complaints that were made are judged all the same, and so is what accused dealers have opened.
    """
    key.deadline = 0
    if key.test_opening and scoring_queue.is_waiting(ctx.view, key.test_opening, 1):
        _set_deadline(ctx, key, ctx.height + 1)  # it waits for others' work, not for its members
        return
    for member in slots.silent(ctx.view, key):
        faults.name_fault(ctx, key, member, pb.FAULT_KIND_SILENT_CEREMONY)
    if key.status == pb.KEY_STATUS_CHECKING and verdicts.accused(ctx, key):
        _end_checking(ctx, key)
    elif _NEXT.get(key.status) == pb.KEY_STATUS_JUDGING:
        _begin_judging(ctx, key)
    else:
        _fail(ctx, key, outcomes.KEY_NO_ANSWER)


def _open_seeds(ctx: Context, key: Key, why: str) -> None:
    """Give a key up, and have its seeds opened to find out who cheated."""
    key.failure = why
    _enter(ctx, key, pb.KEY_STATUS_OPENING)


def _begin_judging(ctx: Context, key: Key) -> None:
    _clear_deadline(ctx, key)
    key.awaited = 0
    records.set_status(ctx, key, pb.KEY_STATUS_JUDGING)


def wind_up(ctx: Context) -> None:
    """Give all keys up that serve no round, because the chain ends; nobody is named."""
    for key_id in records.pool(ctx.view):
        key = ctx.view.require(Key, keys.committee_key(key_id))
        _fail(ctx, key, outcomes.KEY_CHAIN_ENDED)
        records.save(ctx.view, key)


def _fail(ctx: Context, key: Key, why: str) -> None:
    """Give a key up; the pool is filled again at the end of the block."""
    _clear_deadline(ctx, key)
    if key.test_opening:
        scoring_queue.drop(ctx, key.test_opening, 1)
    key.failure, key.awaited, key.test_opening = why, 0, 0
    records.set_status(ctx, key, pb.KEY_STATUS_FAILED)
    records.leave_pool(ctx.view, key.id)
    records.drop_all(ctx, key.id)


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
    records.drop_all(ctx, key_id)
    records.save(ctx.view, key)
