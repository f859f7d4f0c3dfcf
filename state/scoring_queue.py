"""The queue of scalars to be opened: what is asked, and what it takes to compute its ciphertext.

Rounds and ceremonies ask here; `assay.state.openings` hands the answers back
to them. Openings are numbered in the order in which they were asked, and their
ciphertexts are computed in that order, a bounded amount of work each block and
no more than the committee can answer in one. Nothing that is asked later ever
gets in front, so how long an opening waits is settled when it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Key, Opening, OpeningKind, Params, Round
from assay.state import counters
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.scalars import MAX_SHARES
from assay.state.rules.windows import LENGTH_WORK, PRODUCT_WORK

Place = tuple[bytes, bytes]
"""Scope and digest of bytes kept beside the tree."""


@dataclass(frozen=True, slots=True)
class Question:
    """One scalar to ask for: its kind, whose submission (empty: the reference), and k of a length check."""

    kind: OpeningKind
    sender: bytes = b""
    index: int = 0


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """What it takes to compute one opening's ciphertext; the bytes lie beside the tree.

    Attributes
    ----------
    opening
        Id of the opening.
    kind
        LENGTH asks for a product with the public vector rho, every other kind for a doubled product of two
        payloads (`assay.crypto.scoring`).
    preset
        Wire id of the preset.
    payload
        Where the payload lies.
    other
        Where the second payload lies: the same for a norm, the reference, or the sum of the accepted; None
        for LENGTH.
    ciphertexts
        How many each payload has.
    relin_key
        Where the key's relinearisation key lies.
    coin, contributor, check
        What rho is made from: 32 bytes, the sender's address (empty for the reference), k. Only for LENGTH.
    work
        Work units.
    """

    opening: int
    kind: OpeningKind
    preset: int
    payload: Place
    other: Place | None
    ciphertexts: int
    relin_key: Place
    coin: bytes
    contributor: bytes
    check: int
    work: int


def ask(ctx: Context, key_id: int, round_id: int, questions: Sequence[Question]) -> int:
    """Ask the committee of a key to open scalars; return the first of their consecutive ids.

    A coin needs no ciphertext, so members can answer at once.
    """
    first = counters.take_openings(ctx.view, len(questions))
    for number, question in enumerate(questions, first):
        opening = Opening(
            id=number,
            key_id=key_id,
            round_id=round_id,
            kind=question.kind,
            sender=question.sender,
            index=question.index,
            computed=question.kind == pb.OPENING_KIND_COIN,
        )
        ctx.view.save(keys.opening(number), opening)
    _move_head(ctx.view)
    return first


def drop(ctx: Context, first: int, count: int) -> None:
    """Withdraw a run of openings; those already decided are gone anyway."""
    for number in range(first, first + count):
        if ctx.view.get(keys.opening(number)) is not None:
            ctx.view.delete(keys.opening(number))
    _move_head(ctx.view)


def due_jobs(view: Overlay, params: Params, blocks: int = 1) -> list[ScoringJob]:
    """Return the jobs of the next block: the head of the queue, within the work a block may hold.

    A pure function of the state before the block. The first job is due however much work it is. No more jobs
    are due than a vote extension has shares: were more computed than can be answered, answers would queue up,
    and the clock of a round would run while its committee answers others.

    Parameters
    ----------
    blocks
        So many blocks' jobs, for who works ahead.
    """
    jobs: list[ScoringJob] = []
    source, left = _Source(view), params.scoring_block_work * blocks
    for opening in islice(_waiting(view), MAX_SHARES * blocks):
        found = source.job(opening)
        if jobs and found.work > left:
            break
        left -= found.work
        jobs.append(found)
    return jobs


def is_waiting(view: Overlay, first: int, count: int) -> bool:
    """Tell whether a run of openings has one whose ciphertext is still to be computed."""
    last = view.load(Opening, keys.opening(first + count - 1)) if count else None
    return last is not None and not last.computed  # they are computed in order


def job(view: Overlay, opening: Opening) -> ScoringJob:
    """Return the job of one opening, also after its ciphertext was computed; a coin has none."""
    return _Source(view).job(opening)


def complete_job(ctx: Context, opening_id: int, constant: int, digest: bytes) -> Opening:
    """Record the ciphertext of a due opening and return it: members answer from the next block on.

    Parameters
    ----------
    constant
        Constant coefficient of the first polynomial, in [0, Q).
    digest
        Digest of the second polynomial.
    """
    opening = ctx.view.require(Opening, keys.opening(opening_id))
    opening.computed, opening.constant, opening.c1 = True, constant.to_bytes(16, "little"), digest
    ctx.view.save(keys.opening(opening_id), opening)
    _move_head(ctx.view)
    return opening


def _move_head(view: Overlay) -> None:
    """Let the head of the queue be the first job that waits, or the end.

    Each id is passed once, so this costs no more than asking did. Were it left to the next computed job,
    every block until then would look again through whatever was withdrawn.
    """
    record = counters.load(view)
    first = next(_waiting(view), None)
    head = record.next_opening if first is None else first.id
    if head != record.next_job:
        counters.set_next_job(view, head)


def _waiting(view: Overlay) -> Iterator[Opening]:
    record = counters.load(view)
    for number in range(record.next_job, record.next_opening):
        opening = view.load(Opening, keys.opening(number))
        if opening is not None and not opening.computed:
            yield opening


class _Source:
    """Builds jobs, reading each record once."""

    def __init__(self, view: Overlay) -> None:
        self._view = view
        self._keys: dict[int, Key] = {}
        self._rounds: dict[int, Round] = {}
        self._payloads: dict[tuple[int, bytes], bytes] = {}

    def job(self, opening: Opening) -> ScoringJob:
        if opening.key_id not in self._keys:
            self._keys[opening.key_id] = self._view.require(Key, keys.committee_key(opening.key_id))
        key = self._keys[opening.key_id]
        if opening.kind == pb.OPENING_KIND_SELF_TEST:
            return self._self_test(opening, key)
        return self._submission(opening, key)

    def _self_test(self, opening: Opening, key: Key) -> ScoringJob:
        scope = keys.key_scope(key.id)
        first, second = key.test_payloads
        return ScoringJob(
            opening=opening.id,
            kind=opening.kind,
            preset=key.preset,
            payload=(scope, first),
            other=(scope, second),
            ciphertexts=1,
            relin_key=(scope, key.relin_key),
            coin=b"",
            contributor=b"",
            check=0,
            work=PRODUCT_WORK,
        )

    def _submission(self, opening: Opening, key: Key) -> ScoringJob:
        if opening.round_id not in self._rounds:
            self._rounds[opening.round_id] = self._view.require(Round, keys.round_(opening.round_id))
        record = self._rounds[opening.round_id]
        scope, payload = keys.round_scope(record.id), self._payload(record, opening.sender)
        others = {
            pb.OPENING_KIND_NORM: payload,
            pb.OPENING_KIND_ALIGNMENT: record.reference,
            pb.OPENING_KIND_AGGREGATE: record.total,
        }
        is_length = opening.kind == pb.OPENING_KIND_LENGTH
        coin = record.coin if opening.sender else record.reference_coin
        return ScoringJob(
            opening=opening.id,
            kind=opening.kind,
            preset=key.preset,
            payload=(scope, payload),
            other=None if is_length else (scope, others[opening.kind]),
            ciphertexts=record.ciphertexts,
            relin_key=(keys.key_scope(key.id), key.relin_key),
            coin=coin if is_length else b"",
            contributor=opening.sender,
            check=opening.index,
            work=(LENGTH_WORK if is_length else PRODUCT_WORK) * record.ciphertexts,
        )

    def _payload(self, record: Round, sender: bytes) -> bytes:
        if not sender:
            return record.reference
        if (record.id, sender) not in self._payloads:
            found = self._view.require(Contribution, keys.contribution(record.id, sender))
            self._payloads[record.id, sender] = found.payload
        return self._payloads[record.id, sender]
