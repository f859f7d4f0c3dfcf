"""Handing the sum of the paid updates to the owner, sealed, and forgetting it afterwards.

Who is not paid gives nothing away: only paid contributors' ciphertexts are in
the sum.
"""

from __future__ import annotations

from assay.crypto.ckks import payload
from assay.crypto.committee.subsets import quorum
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, Round
from assay.state import faults
from assay.state.ceremony import phases, slots
from assay.state.context import Context
from assay.state.rounds import ending, escrow, payloads, records
from assay.state.rules import keys
from assay.state.rules.errors import NothingToAcknowledge, NotRoundOwner


def begin(ctx: Context, record: Round) -> None:
    """Add the paid ciphertexts and await sealed shares of the sum; the caller writes the record."""
    paid = records.contributions(ctx.view, record.id, pb.CONTRIBUTION_STATUS_PAID)
    total = payloads.sum_of(ctx, record, [item.payload for item in paid])
    data = payload.encode_own(total, payloads.preset_of(ctx, record))
    record.sum = ctx.view.put_bulk(keys.release_scope(record.id), data)
    ending.drop_payloads(ctx, record)
    records.set_deadline(ctx, record, ctx.height + ctx.params.release_window)
    records.emit(
        ctx, record, "release", contributors=len(paid), sum=record.sum.hex(), deadline=record.deadline
    )


def receive(ctx: Context, key: Key, member: int, item: slots.Awaited, data: bytes) -> None:
    """Keep a sealed share that state awaited."""
    record = ctx.view.require(Round, keys.round_(key.round_id))
    slots.store(ctx, key, keys.release_scope(record.id), member, item, data)
    record.release_shares += 1
    records.emit(ctx, record, "release_share", member=member, slot=item.slot)
    records.save(ctx.view, record)


def missing(ctx: Context, record: Round, key: Key) -> list[int]:
    """Return the members that have not sent their sealed share of every ciphertext of the sum."""
    phase, slots_wanted = tx_pb2.COMMITTEE_PHASE_RELEASE, range(record.ciphertexts)
    return [
        member
        for member in range(len(key.members))
        if any(ctx.view.get(keys.slot(key.id, phase, member, slot)) is None for slot in slots_wanted)
    ]


def running(ctx: Context, sender: bytes, round_id: int) -> tuple[Round, Key]:
    """Return a round whose sum is being released, and its key; refuse everybody but the owner."""
    record = records.load(ctx.view, round_id)
    if record.owner != sender:
        raise NotRoundOwner("only the round's owner can speak about its released sum")
    key = ctx.view.require(Key, keys.committee_key(record.key_id))
    if record.status != pb.ROUND_STATUS_SETTLED or key.status != pb.KEY_STATUS_TAKEN:
        raise NothingToAcknowledge("the round has released nothing, or its release is over")
    return record, key


def check_acknowledge(ctx: Context, sender: bytes, round_id: int) -> Round:
    """Refuse an acknowledgement by somebody else, or of what the owner cannot have opened yet."""
    record, key = running(ctx, sender, round_id)
    found, needed = len(key.members) - len(missing(ctx, record, key)), quorum(len(key.members))
    if found < needed:
        raise NothingToAcknowledge(f"{found} members have sent their shares, the sum needs {needed}")
    return record


def acknowledge(ctx: Context, record: Round) -> None:
    """End a release because the owner has opened it: who has not sent its share need not any more."""
    record.acknowledged = True
    _end(ctx, record)
    records.save(ctx.view, record)


def lapse(ctx: Context, record: Round) -> None:
    """End a release whose window is over; name who has not sent its share. The caller writes the record."""
    key = ctx.view.require(Key, keys.committee_key(record.key_id))
    for member in missing(ctx, record, key):
        faults.name_fault(ctx, key, member, pb.FAULT_KIND_SILENT_RELEASE)
    _end(ctx, record)


def abandon(ctx: Context, record: Round) -> None:
    """End a release because the chain ends; nobody is named. The caller writes the record."""
    _end(ctx, record)


def _end(ctx: Context, record: Round) -> None:
    """Pay the committee, drop what was released and retire the key; the caller writes the record."""
    escrow.pay_committee(ctx, record)
    escrow.pay_committees_share(ctx, record)
    records.set_deadline(ctx, record, 0)
    ctx.view.drop_bulk(keys.release_scope(record.id))
    phases.retire(ctx, record.key_id)
    records.emit(ctx, record, "release_ended", acknowledged=int(record.acknowledged))
