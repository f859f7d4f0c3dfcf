"""Which committee messages state awaits, and keeping those that have arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.crypto.committee import messages
from assay.crypto.committee.subsets import dealer, openers
from assay.crypto.presets import by_wire_id
from assay.crypto.ring.sampling import SEED_BYTES
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, KeyStatus, Opening, Round, SlotRecord
from assay.proto.tx_pb2 import CommitteePhase
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys

PHASES: Final[dict[KeyStatus, CommitteePhase]] = {
    pb.KEY_STATUS_JOINING: tx_pb2.COMMITTEE_PHASE_JOIN,
    pb.KEY_STATUS_SEEDING: tx_pb2.COMMITTEE_PHASE_SEEDS,
    pb.KEY_STATUS_CHECKING: tx_pb2.COMMITTEE_PHASE_CHECK,
    pb.KEY_STATUS_ANSWERING: tx_pb2.COMMITTEE_PHASE_ANSWER,
    pb.KEY_STATUS_OPENING: tx_pb2.COMMITTEE_PHASE_OPEN,
    pb.KEY_STATUS_PUBLIC_KEY: tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY,
    pb.KEY_STATUS_RELIN_KEY: tx_pb2.COMMITTEE_PHASE_RELIN_KEY,
    pb.KEY_STATUS_TAKEN: tx_pb2.COMMITTEE_PHASE_RELEASE,
}
"""The messages that may be awaited while a key has a status. Score shares are awaited by opening instead."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A committee message that state awaits: its phase, its slot, and the exact size of its data."""

    phase: CommitteePhase
    slot: int
    size: int


def expected(view: Overlay, key: Key, member: int) -> list[Awaited]:
    """Return every message of the key's present phase that a member has to send, sent or not."""
    phase = PHASES.get(key.status)
    if phase is None:
        return []
    if phase == tx_pb2.COMMITTEE_PHASE_ANSWER:
        accused = accused_of(key, member)
        return [Awaited(phase, 0, SEED_BYTES * len(accused))] if accused else []
    ciphertexts = _released(view, key) if phase == tx_pb2.COMMITTEE_PHASE_RELEASE else 1
    sizes = messages.slot_sizes(phase, by_wire_id(key.preset), len(key.members), member, ciphertexts)
    return [Awaited(phase, slot, size) for slot, size in enumerate(sizes)]


def needed(view: Overlay, key: Key) -> int:
    """Return how many messages end the key's present phase.

    All that are expected; but once t + 1 members have opened their seeds, all seeds are known.
    """
    if key.status == pb.KEY_STATUS_OPENING:
        return openers(len(key.members))
    return sum(len(expected(view, key, member)) for member in range(len(key.members)))


def accused_of(key: Key, member: int) -> list[int]:
    """Return the seeds that a member dealt and somebody complained of, ascending."""
    return [seed for seed in key.accused if dealer(len(key.members), seed) == member]


def awaited(view: Overlay, key: Key, member: int) -> list[Awaited]:
    """Return the messages that a member has still to send now.

    Parameters
    ----------
    view
        Any state, for a member's node the last committed one.
    key
        The key's record in that state.
    member
        Number of the member among the key's members, from 0.
    """
    wanted = expected(view, key, member)
    return [item for item in wanted if view.get(keys.slot(key.id, item.phase, member, item.slot)) is None]


def silent(view: Overlay, key: Key) -> list[int]:
    """Return the members, ascending, that have not sent what the key's present phase awaits from them."""
    members = range(len(key.members))
    if key.status != pb.KEY_STATUS_SELF_TEST:
        return [member for member in members if awaited(view, key, member)]
    opening = view.require(Opening, keys.opening(key.test_opening))
    answered = {share.member for share in opening.shares}
    return [member for member in members if member not in answered]


def is_awaited(view: Overlay, key: Key, member: int, item: Awaited) -> bool:
    """Tell whether state awaits exactly this message from this member."""
    if PHASES.get(key.status) != item.phase or item not in expected(view, key, member):
        return False
    return view.get(keys.slot(key.id, item.phase, member, item.slot)) is None


def store(ctx: Context, key: Key, scope: bytes, member: int, item: Awaited, data: bytes) -> None:
    """Keep a message's data beside the tree and its digest in it."""
    record = SlotRecord(digest=ctx.view.put_bulk(scope, data), height=ctx.height)
    ctx.view.save(keys.slot(key.id, item.phase, member, item.slot), record)


def arrived(view: Overlay, key: Key, phase: CommitteePhase, slot: int) -> Iterator[tuple[int, bytes]]:
    """Yield (member, data) of a ceremony's messages for one slot, by member."""
    for member in range(len(key.members)):
        record = view.load(SlotRecord, keys.slot(key.id, phase, member, slot))
        if record is None:
            continue
        data = view.get_bulk(keys.key_scope(key.id), record.digest)
        if data is None:
            raise RuntimeError(f"the data of a message for key {key.id} are not kept")
        yield member, data


def _released(view: Overlay, key: Key) -> int:
    """Return how many ciphertexts of the key's round are to be released now."""
    record = view.load(Round, keys.round_(key.round_id))
    return record.ciphertexts if record is not None and record.status == pb.ROUND_STATUS_SETTLED else 0
