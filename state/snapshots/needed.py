"""Which bytes beside the tree the records call for.

Digests stay in the records after their bytes were dropped, so it is a record's status that tells. The bytes
in use are exactly these after every block: tests compare the two, and so does `assayd verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Key, Round, SlotRecord
from assay.proto.tx_pb2 import COMMITTEE_PHASE_RELEASE
from assay.state.overlay import Reader
from assay.state.rules import keys

Place = tuple[bytes, bytes]
"""Scope and SHA-256 digest."""

_KEY_ENDED: Final = (pb.KEY_STATUS_FAILED, pb.KEY_STATUS_RETIRED)
_ROUND_RUNS: Final = (
    pb.ROUND_STATUS_PENDING,
    pb.ROUND_STATUS_OPEN,
    pb.ROUND_STATUS_REVEAL,
    pb.ROUND_STATUS_SCORING,
)


def needed(state: Reader) -> list[Place]:
    """Return the places of all bytes that open rounds and living keys need.

    Each once, shorter scopes first, then in byte order.
    """
    found: set[Place] = set()
    for _, data in state.iterate(keys.KEY):
        found.update(_of_key(state, Key.FromString(data)))
    for _, data in state.iterate(keys.ROUND):
        found.update(_of_round(state, Round.FromString(data)))
    return sorted(found, key=lambda place: (len(place[0]), place))


def _of_key(state: Reader, key: Key) -> Iterator[Place]:
    """A key's parts and the messages it was made of, and the sealed shares while a sum is released."""
    if key.status in _KEY_ENDED:
        return
    scope, release = keys.key_scope(key.id), keys.release_scope(key.round_id)
    for digest in (key.public_key, key.relin_key, *key.test_payloads):
        if digest:
            yield scope, digest
    shares = keys.phase_slots(key.id, COMMITTEE_PHASE_RELEASE)
    for place, data in state.iterate(keys.slots(key.id)):
        yield release if place.startswith(shares) else scope, SlotRecord.FromString(data).digest


def _of_round(state: Reader, record: Round) -> Iterator[Place]:
    """A round's payloads until it ends, and the sum until its release has ended with its key."""
    if record.status in _ROUND_RUNS:
        scope = keys.round_scope(record.id)
        payloads = (
            Contribution.FromString(data).payload for _, data in state.iterate(keys.contributions(record.id))
        )
        for digest in (record.reference, record.total, *payloads):
            if digest:
                yield scope, digest
    elif record.status == pb.ROUND_STATUS_SETTLED and record.sum:
        data = state.get(keys.committee_key(record.key_id))
        if data is not None and Key.FromString(data).status == pb.KEY_STATUS_TAKEN:
            yield keys.release_scope(record.id), record.sum
