"""What committed state awaits from one validator for the keys it is a member of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.crypto.ckks.payload import HEADER
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import Join
from assay.crypto.presets import Preset
from assay.crypto.ring.tables import U64
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, Round
from assay.proto.tx_pb2 import CommitteePhase
from assay.state import ceremony
from assay.state.ceremony import records, slots
from assay.state.overlay import Overlay
from assay.state.rules import keys

_OVER: Final = (pb.KEY_STATUS_RETIRED, pb.KEY_STATUS_FAILED)


@dataclass(frozen=True, slots=True)
class Duty:
    """Messages of one phase of one key that a member owes, and what they are made from.

    Attributes
    ----------
    key, member
        The key's name, and the number of the member.
    committee_key
        The hot key under which state knows the member.
    phase, slots
        Which messages.
    joins
        Every member's JOIN in order, once all have arrived.
    dealt
        SEEDS data by dealer, for CHECK and PUBLIC_KEY.
    accused
        Numbers of the seeds somebody complained of, for ANSWER.
    total, owner
        The ciphertexts of the sum, shape (K, 2, 2, N), and the X25519 key of the owner, for RELEASE.
    """

    key: CommitteeKey
    member: int
    committee_key: bytes
    phase: CommitteePhase
    slots: tuple[int, ...]
    joins: tuple[Join, ...] = ()
    dealt: Mapping[int, bytes] | None = None
    accused: tuple[int, ...] = ()
    total: U64 | None = None
    owner: bytes = b""


def duties(view: Overlay, chain_id: str, validator: bytes, key_ids: Iterable[int]) -> Iterator[Duty]:
    """Yield what a validator owes, key by key.

    Parameters
    ----------
    view
        An overlay over committed state.
    validator
        Consensus address.
    key_ids
        The keys to look at; those that are unknown to this state are passed over.
    """
    for key_id in key_ids:
        key = records.load(view, key_id)
        member = None if key is None else member_number(key, validator)
        if key is None or member is None:
            continue
        owed = ceremony.awaited(view, key, member)
        if owed:
            yield _duty(view, chain_id, key, member, owed)


def member_number(key: Key, validator: bytes) -> int | None:
    """Return a validator's number among a key's members, or None."""
    seats = [member.seat.validator for member in key.members]
    return seats.index(validator) if validator in seats else None


def is_over(view: Overlay, key_id: int) -> bool:
    """Tell whether a key has ended, so that its secrets are to be erased.

    A key this state does not know yet is not over: the node may be replaying blocks.
    """
    key = records.load(view, key_id)
    return key is not None and key.status in _OVER


def _duty(view: Overlay, chain_id: str, key: Key, member: int, owed: list[slots.Awaited]) -> Duty:
    name, phase = records.name(chain_id, key), owed[0].phase
    dealt = total = None
    owner = b""
    if phase in (tx_pb2.COMMITTEE_PHASE_CHECK, tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY):
        dealt = dict(slots.arrived(view, key, tx_pb2.COMMITTEE_PHASE_SEEDS, 0))
    if phase == tx_pb2.COMMITTEE_PHASE_RELEASE:
        round_ = view.require(Round, keys.round_(key.round_id))
        total, owner = _sum(view, round_, name.preset), round_.owner_public_key
    return Duty(
        key=name,
        member=member,
        committee_key=key.members[member].seat.committee_key,
        phase=phase,
        slots=tuple(item.slot for item in owed),
        joins=() if phase == tx_pb2.COMMITTEE_PHASE_JOIN else records.joins(key),
        dealt=dealt,
        accused=tuple(key.accused),
        total=total,
        owner=owner,
    )


def _sum(view: Overlay, round_: Round, preset: Preset) -> U64:
    """Read the sum that state made; it is in the format of a payload and needs no second judgement."""
    data = view.get_bulk(keys.release_scope(round_.id), round_.sum)
    if data is None:
        raise RuntimeError(f"the sum that round {round_.id} releases is not kept")
    words = np.frombuffer(data, dtype="<u8", offset=HEADER.size)
    return words.reshape(round_.ciphertexts, 2, len(preset.cipher_primes), preset.degree)
