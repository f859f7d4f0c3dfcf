"""The committee's answers: shares come in, opened scalars go to the round or key that asked.

What is asked, and in which order, is in `assay.state.scoring_queue`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.crypto.committee import coin, score
from assay.crypto.committee.decoding import Undecided
from assay.crypto.committee.messages import MessageError, parse_share
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key, MemberShare, Opening
from assay.proto.tx_pb2 import VoteExtension
from assay.state import ceremony, rounds, scoring_queue
from assay.state.ceremony.records import name
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.scalars import SHARE_BYTES
from assay.state.scoring_queue import ScoringJob, due_jobs

__all__ = [
    "AwaitedShare",
    "ScoringJob",
    "awaited",
    "complete_job",
    "deliver",
    "due_jobs",
    "is_awaited",
    "record_extension",
    "record_share",
]


def complete_job(ctx: Context, opening_id: int, constant: int, digest: bytes) -> None:
    """Record the ciphertext of a due opening, and tell who asked: from now on its committee owes the answer.

    Parameters are those of `assay.state.scoring_queue.complete_job`.
    """
    opening = scoring_queue.complete_job(ctx, opening_id, constant, digest)
    if opening.kind == pb.OPENING_KIND_SELF_TEST:
        ceremony.self_test_computed(ctx, opening.key_id)
    else:
        rounds.job_computed(ctx, opening)


@dataclass(frozen=True, slots=True)
class AwaitedShare:
    """A share that state awaits from one member.

    Attributes
    ----------
    opening
        Id of the opening; for a coin also the number that names it (`assay.crypto.committee.coin`).
    kind
        COIN, LENGTH (mask of a length), or a score (mask of a score).
    key_id, member
        The key, and the member's number among its members.
    c1
        Digest of the ciphertext's second polynomial; empty for a coin.
    job
        What it takes to compute that polynomial again; None for a coin.
    """

    opening: int
    kind: pb.OpeningKind
    key_id: int
    member: int
    c1: bytes
    job: ScoringJob | None


def awaited(view: Overlay, validator: bytes) -> Iterator[AwaitedShare]:
    """Yield the shares that a validator owes the committees it sits on, by opening id.

    Parameters
    ----------
    view
        An overlay over the last committed state.
    validator
        Consensus address, 20 bytes.
    """
    members = _Members(view)
    for _, data in view.iterate(keys.OPENING):
        opening = Opening.FromString(data)
        member = members.number(opening.key_id, validator)
        if member is None or not _lacks(opening, member):
            continue
        work = None if opening.kind == pb.OPENING_KIND_COIN else scoring_queue.job(view, opening)
        yield AwaitedShare(opening.id, opening.kind, opening.key_id, member, opening.c1, work)


def is_awaited(view: Overlay, opening_id: int, key_id: int, member: int) -> bool:
    """Tell whether state awaits this member's share of this opening under this key."""
    opening = view.load(Opening, keys.opening(opening_id))
    return opening is not None and opening.key_id == key_id and _lacks(opening, member)


def _lacks(opening: Opening, member: int) -> bool:
    return opening.computed and all(share.member != member for share in opening.shares)


class _Members:
    """Finds a validator's number among the members of keys, reading each key once."""

    def __init__(self, view: Overlay) -> None:
        self._view = view
        self._members: dict[int, dict[bytes, int]] = {}

    def number(self, key_id: int, validator: bytes) -> int | None:
        if key_id not in self._members:
            key = self._view.require(Key, keys.committee_key(key_id))
            self._members[key_id] = {m.seat.validator: number for number, m in enumerate(key.members)}
        return self._members[key_id].get(validator)


def record_extension(ctx: Context, validator: bytes, extension: VoteExtension) -> None:
    """Take the shares of one verified vote extension; what is not awaited is passed over."""
    members = _Members(ctx.view)
    for run in extension.runs:
        for place in range(len(run.shares) // SHARE_BYTES):
            opening = ctx.view.load(Opening, keys.opening(run.first + place))
            if opening is None:
                continue
            member = members.number(opening.key_id, validator)
            if member is not None:
                share = run.shares[place * SHARE_BYTES : (place + 1) * SHARE_BYTES]
                record_share(ctx, opening.id, member, share)


def record_share(ctx: Context, opening_id: int, member: int, share: bytes) -> None:
    """Take one member's share and, if that decides the scalar, hand it to whoever asked.

    Shares of openings that are unknown, decided or not computed yet, second shares, and shares that are not
    reduced modulo Q are passed over: members repeat themselves, and an answer may come late.
    """
    opening = ctx.view.load(Opening, keys.opening(opening_id))
    if opening is None or not _lacks(opening, member):
        return
    key = ctx.view.require(Key, keys.committee_key(opening.key_id))
    try:
        parse_share(by_wire_id(key.preset), share)
    except MessageError:
        return
    shares = [*opening.shares, MemberShare(member=member, share=share)]
    del opening.shares[:]
    opening.shares.extend(sorted(shares, key=lambda item: item.member))
    value = _decide(ctx, key, opening)
    if value is None:
        ctx.view.save(keys.opening(opening_id), opening)
    else:
        ctx.view.delete(keys.opening(opening_id))
        deliver(ctx, opening, value)


def _decide(ctx: Context, key: Key, opening: Opening) -> int | bytes | None:
    """Return the value once 2t + 1 shares lie on one polynomial: 32 bytes of coin, or a signed scalar."""
    if len(opening.shares) < quorum(len(key.members)):
        return None
    named, preset = name(ctx.chain_id, key), by_wire_id(key.preset)
    shares = {item.member: parse_share(preset, item.share) for item in opening.shares}
    if opening.kind == pb.OPENING_KIND_COIN:
        tossed = coin.aggregate_shares(named, opening.id, shares)
        return None if isinstance(tossed, Undecided) else tossed.value
    scalar = score.aggregate_shares(named, int.from_bytes(opening.constant, "little"), shares)
    return None if isinstance(scalar, Undecided) else scalar.value


def deliver(ctx: Context, opening: Opening, value: int | bytes) -> None:
    """Hand an opened value to the key or round that asked for it; the opening's record is gone already."""
    if isinstance(value, bytes):
        rounds.coin_opened(ctx, opening.round_id, value)
    elif opening.kind == pb.OPENING_KIND_SELF_TEST:
        ceremony.self_test_opened(ctx, opening.key_id, value)
    else:
        rounds.scalar_opened(ctx, opening, value)
