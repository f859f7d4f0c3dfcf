"""The committee's answers: shares come in, opened scalars go to the round or key that asked.

Every share that arrives while its key lives is judged, before the decision, by it or after it, so that who is
named for a wrong one, and who is paid for a right one, does not depend on the order of arrival. What is
asked, and in which order, is in `assay.state.scoring_queue`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from assay.crypto.committee import coin, score
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.messages import MessageError, parse_share
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Decided, Key, MemberShare, Opening
from assay.proto.tx_pb2 import VoteExtension
from assay.state import ceremony, decided, faults, rounds, scoring_queue
from assay.state.ceremony.records import name, pool
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import NotAwaited
from assay.state.rules.scalars import SHARE_BYTES
from assay.state.scoring_queue import ScoringJob, due_jobs

__all__ = [
    "AwaitedShare",
    "ScoringJob",
    "awaited",
    "check_known",
    "complete_job",
    "deliver",
    "due_jobs",
    "is_members",
    "is_news",
    "is_owed",
    "record_extension",
    "record_share",
]


_WRONG: Final = pb.FAULT_KIND_WRONG_SCORE_SHARE


def complete_job(ctx: Context, opening_id: int, constant: int, digest: bytes) -> None:
    """Record the ciphertext of a due opening, and tell who asked: from now on its committee owes the answer.

    Parameters are those of `assay.state.scoring_queue.complete_job`. An opening that would use a mask twice
    is never answered: it fails whatever it was asked for.
    """
    opening = scoring_queue.complete_job(ctx, opening_id, constant, digest)
    if opening.kind == pb.OPENING_KIND_SELF_TEST:
        ceremony.self_test_computed(ctx, opening.key_id)
    else:
        rounds.job_computed(ctx, opening)
    if not decided.use_mask(ctx, opening):
        ctx.view.delete(keys.opening(opening_id))
        key = ctx.view.require(Key, keys.committee_key(opening.key_id))
        deliver(ctx, opening, by_wire_id(key.preset).modulus // 2)


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


def is_news(view: Overlay, opening_id: int, key_id: int, member: int, share: bytes) -> bool:
    """Tell whether a share would change anything.

    It is awaited, or counts late, or is the first to prove its author wrong.

    Raises
    ------
    NotAwaited
        If this key neither waits for that opening nor remembers its decision.
    """
    question = check_known(view, opening_id, key_id)
    if isinstance(question, Opening) and _lacks(question, member):
        return True
    key = view.require(Key, keys.committee_key(key_id))
    if _is_wrong(key, question, member, share):
        return not faults.named(view, key, member, _WRONG)
    return isinstance(question, Decided) and not decided.has_delivered(question, member)


def is_owed(view: Overlay, item: AwaitedShare) -> bool:
    """Tell whether a share that was awaited has not arrived, though it would still count: late ones do."""
    question = _question(view, item.opening)
    if isinstance(question, Opening):
        return _lacks(question, item.member)
    return question is not None and not decided.has_delivered(question, item.member)


def check_known(view: Overlay, opening_id: int, key_id: int) -> Opening | Decided:
    """Return an opening of a key, still open or decided and remembered; `NotAwaited` if there is none."""
    question = _question(view, opening_id)
    if question is None or question.key_id != key_id:
        raise NotAwaited(f"key {key_id} neither awaits nor remembers opening {opening_id}")
    return question


def _lacks(opening: Opening, member: int) -> bool:
    return opening.computed and all(share.member != member for share in opening.shares)


def _question(view: Overlay, opening_id: int) -> Opening | Decided | None:
    """Return an opening as it stands: still open, decided and remembered, or unknown."""
    found = view.load(Opening, keys.opening(opening_id))
    return view.load(Decided, keys.decided(opening_id)) if found is None else found


def _is_wrong(key: Key, question: Opening | Decided, member: int, share: bytes) -> bool:
    """Tell whether a share is not its author's right one, as far as that can be told now.

    An honest member says the same whenever it is asked, so of two different answers one is wrong.
    """
    if not _is_reduced(key, share):
        return True
    if isinstance(question, Decided):
        return share != decided.right_share(key, question, member)
    return any(item.member == member and item.share != share for item in question.shares)


def _is_reduced(key: Key, share: bytes) -> bool:
    try:
        parse_share(by_wire_id(key.preset), share)
    except MessageError:
        return False
    return True


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


def is_members(view: Overlay, validator: bytes, extension: VoteExtension) -> bool:
    """Tell whether an extension is by a member: of a key of the pool, or of one that it answers for.

    Any other validator's is not worth its bytes in a block.
    """
    members = _Members(view)
    asked = (run.first + place for run in extension.runs for place in range(len(run.shares) // SHARE_BYTES))
    found = (question for number in asked if (question := _question(view, number)) is not None)
    key_ids = chain(pool(view), (question.key_id for question in found))
    return any(members.number(key_id, validator) is not None for key_id in key_ids)


def record_extension(ctx: Context, validator: bytes, extension: VoteExtension) -> None:
    """Take the shares of one verified vote extension; those of unknown openings are passed over."""
    members = _Members(ctx.view)
    for run in extension.runs:
        for place in range(len(run.shares) // SHARE_BYTES):
            opening_id = run.first + place
            question = _question(ctx.view, opening_id)
            if question is None:
                continue
            member = members.number(question.key_id, validator)
            if member is not None:
                share = run.shares[place * SHARE_BYTES : (place + 1) * SHARE_BYTES]
                _take(ctx, opening_id, question, member, share)


def record_share(ctx: Context, opening_id: int, member: int, share: bytes) -> None:
    """Take one member's share: name the member if it is wrong; hand out the scalar if it decides.

    Passed over are shares of openings that are unknown or not computed yet, and those that say nothing new:
    members repeat themselves, and an answer may come late.
    """
    question = _question(ctx.view, opening_id)
    if question is not None:
        _take(ctx, opening_id, question, member, share)


def _take(ctx: Context, opening_id: int, question: Opening | Decided, member: int, share: bytes) -> None:
    key = ctx.view.require(Key, keys.committee_key(question.key_id))
    if _is_wrong(key, question, member, share):
        faults.name_fault(ctx, key, member, _WRONG)
    elif isinstance(question, Decided):
        if not decided.has_delivered(question, member):
            decided.count_late(ctx, opening_id, question, member)
    elif _lacks(question, member):
        _add(ctx, key, question, MemberShare(member=member, share=share))


def _add(ctx: Context, key: Key, opening: Opening, share: MemberShare) -> None:
    """Put a share beside the others, and end the opening if it is decided now."""
    shares = sorted([*opening.shares, share], key=lambda item: item.member)
    del opening.shares[:]
    opening.shares.extend(shares)
    found = _decide(ctx, key, opening)
    if isinstance(found, Undecided):
        ctx.view.save(keys.opening(opening.id), opening)
        return
    ctx.view.delete(keys.opening(opening.id))
    decided.remember(ctx, key, opening, found.wrong)
    if opening.kind == pb.OPENING_KIND_COIN:
        decided.use_mask(ctx, opening)
    for member in found.wrong:
        faults.name_fault(ctx, key, member, _WRONG)
    deliver(ctx, opening, found.value)


def _decide(ctx: Context, key: Key, opening: Opening) -> Decoded[int] | Decoded[bytes] | Undecided:
    """Return the value once 2t + 1 shares lie on one polynomial: 32 bytes of coin, or a signed scalar."""
    needed = quorum(len(key.members))
    if len(opening.shares) < needed:
        return Undecided(len(opening.shares), needed)
    named, preset = name(ctx.chain_id, key), by_wire_id(key.preset)
    shares = {item.member: parse_share(preset, item.share) for item in opening.shares}
    if opening.kind == pb.OPENING_KIND_COIN:
        return coin.aggregate_shares(named, opening.id, shares)
    return score.aggregate_shares(named, int.from_bytes(opening.constant, "little"), shares)


def deliver(ctx: Context, opening: Opening, value: int | bytes) -> None:
    """Hand an opened value to the key or round that asked for it; the opening's record is gone already."""
    if isinstance(value, bytes):
        rounds.coin_opened(ctx, opening.round_id, value)
    elif opening.kind == pb.OPENING_KIND_SELF_TEST:
        ceremony.self_test_opened(ctx, opening.key_id, value)
    else:
        rounds.scalar_opened(ctx, opening, value)
