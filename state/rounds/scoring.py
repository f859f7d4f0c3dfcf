"""What the committee's answers do to a round, stage after stage.

PENDING goes through COIN, LENGTH and NORM for the reference, SCORING through
COIN, LENGTH, NORM, ALIGNMENT and AGGREGATE for the contributions. A stage ends
when its last opening is decided; only contributions that passed are asked
about in the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.crypto import bounds
from assay.crypto.ckks import payload
from assay.crypto.presets import LENGTH_CHECKS
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import (
    Contribution,
    ContributionStatus,
    Opening,
    OpeningKind,
    Round,
    RoundStatus,
    ScoringStage,
)
from assay.state import scoring_queue
from assay.state.context import Context
from assay.state.rounds import ending, escrow, payloads, records, settlement
from assay.state.rules import keys, outcomes, scalars
from assay.state.rules.payout import Outcome
from assay.state.scoring_queue import Question

_Step = Callable[[Context, Round], None]

_IN: Final = pb.CONTRIBUTION_STATUS_REVEALED
"""Status of a contribution that has passed every stage so far."""


# --- answers -----------------------------------------------------------------


def coin_opened(ctx: Context, round_id: int, value: bytes) -> None:
    """Take the 32 bytes of a coin: the reference's while the round is pending, else the contributions'."""
    record = ctx.view.require(Round, keys.round_(round_id))
    if record.status == pb.ROUND_STATUS_PENDING:
        record.reference_coin = value
    else:
        record.coin = value
    _answered(ctx, record)


def scalar_opened(ctx: Context, opening: Opening, value: int) -> None:
    """Take a signed scalar."""
    record = ctx.view.require(Round, keys.round_(opening.round_id))
    if opening.sender:
        item = ctx.view.require(Contribution, keys.contribution(record.id, opening.sender))
        _note(item, opening, scalars.encode(value))
        records.save_contributions(ctx.view, [item])
    elif opening.kind == pb.OPENING_KIND_LENGTH:
        record.reference_lengths[opening.index] = scalars.encode(value)
    else:
        record.reference_norm = scalars.encode(value)
    _answered(ctx, record)


def _note(item: Contribution, opening: Opening, value: bytes) -> None:
    if opening.kind == pb.OPENING_KIND_LENGTH:
        item.lengths[opening.index] = value
    elif opening.kind == pb.OPENING_KIND_NORM:
        item.norm = value
    elif opening.kind == pb.OPENING_KIND_ALIGNMENT:
        item.alignment = value
    else:
        item.aggregate = value


def _answered(ctx: Context, record: Round) -> None:
    record.awaited -= 1
    if record.awaited == 0:
        _STEPS[record.status, record.stage](ctx, record)
    records.save(ctx.view, record)


def _ask(ctx: Context, record: Round, stage: ScoringStage, questions: list[Question]) -> None:
    record.first_opening = scoring_queue.ask(ctx, record.key_id, record.id, questions)
    record.stage, record.asked, record.awaited = stage, len(questions), len(questions)
    record.window_left = max(0, record.deadline - ctx.height)  # the round may wait for its end


def job_computed(ctx: Context, opening: Opening) -> None:
    """Let the clock go on where it stood when the stage was asked for, once its last ciphertext is known."""
    record = ctx.view.require(Round, keys.round_(opening.round_id))
    if opening.id == record.first_opening + record.asked - 1:
        records.set_deadline(ctx, record, ctx.height + record.window_left)
        records.emit(ctx, record, "computed", openings=record.asked, deadline=record.deadline)
        records.save(ctx.view, record)


def end_window(ctx: Context, record: Round) -> None:
    """Expire a round whose committee had its scoring window; the caller writes the record.

    The clock stands still while the stage's jobs wait in the queue, which is other rounds' doing and not the
    committee's. The queue shrinks whatever the committee does and nothing gets in front, so that ends.
    """
    if scoring_queue.is_waiting(ctx.view, record.first_opening, record.asked):
        records.set_deadline(ctx, record, ctx.height + 1)
    else:
        ending.expire(ctx, record)


def _ask_lengths(ctx: Context, record: Round, senders: list[bytes]) -> None:
    questions = [Question(pb.OPENING_KIND_LENGTH, s, k) for s in senders for k in range(LENGTH_CHECKS)]
    _ask(ctx, record, pb.SCORING_STAGE_LENGTH, questions)


# --- the reference -----------------------------------------------------------


def begin_reference(ctx: Context, record: Round) -> None:
    """Ask for the coin under which the reference, fixed from now on, is checked."""
    records.set_deadline(ctx, record, ctx.height + record.scoring_window)
    records.set_status(ctx, record, pb.ROUND_STATUS_PENDING)
    _ask(ctx, record, pb.SCORING_STAGE_COIN, [Question(pb.OPENING_KIND_COIN)])


def _reference_coin_known(ctx: Context, record: Round) -> None:
    record.reference_lengths.extend([b""] * LENGTH_CHECKS)
    _ask_lengths(ctx, record, [b""])


def _reference_lengths_known(ctx: Context, record: Round) -> None:
    preset = payloads.preset_of(ctx, record)
    if all(bounds.length_ok(preset, scalars.decode(length)) for length in record.reference_lengths):
        _ask(ctx, record, pb.SCORING_STAGE_NORM, [Question(pb.OPENING_KIND_NORM)])
    else:
        ending.refund(ctx, record, outcomes.BAD_REFERENCE)


def _reference_norm_known(ctx: Context, record: Round) -> None:
    if not bounds.norm_ok(payloads.preset_of(ctx, record), scalars.decode(record.reference_norm)):
        ending.refund(ctx, record, outcomes.BAD_REFERENCE)
        return
    record.stage, record.asked = pb.SCORING_STAGE_UNSPECIFIED, 0
    records.set_deadline(ctx, record, ctx.height + record.commit_window)
    records.set_status(ctx, record, pb.ROUND_STATUS_OPEN)


# --- the contributions -------------------------------------------------------


def begin(ctx: Context, record: Round) -> None:
    """Ask for the coin of the contributions, which are all fixed now; the caller writes the record."""
    records.set_deadline(ctx, record, ctx.height + record.scoring_window)
    records.set_status(ctx, record, pb.ROUND_STATUS_SCORING)
    _ask(ctx, record, pb.SCORING_STAGE_COIN, [Question(pb.OPENING_KIND_COIN)])


def _coin_known(ctx: Context, record: Round) -> None:
    items = records.contributions(ctx.view, record.id, _IN)
    for item in items:
        item.lengths.extend([b""] * LENGTH_CHECKS)
    records.save_contributions(ctx.view, items)
    _ask_lengths(ctx, record, [item.sender for item in items])


def _lengths_known(ctx: Context, record: Round) -> None:
    preset = payloads.preset_of(ctx, record)

    def good(item: Contribution) -> bool:
        return all(bounds.length_ok(preset, scalars.decode(length)) for length in item.lengths)

    if _sift(ctx, record, good, pb.CONTRIBUTION_STATUS_REJECTED_LENGTH, burn=True):
        _ask_each(ctx, record, pb.SCORING_STAGE_NORM, pb.OPENING_KIND_NORM)


def _norms_known(ctx: Context, record: Round) -> None:
    preset = payloads.preset_of(ctx, record)

    def good(item: Contribution) -> bool:
        return bounds.norm_ok(preset, scalars.decode(item.norm))

    if _sift(ctx, record, good, pb.CONTRIBUTION_STATUS_REJECTED_NORM, burn=True):
        _ask_each(ctx, record, pb.SCORING_STAGE_ALIGNMENT, pb.OPENING_KIND_ALIGNMENT)


def _alignments_known(ctx: Context, record: Round) -> None:
    preset, reference = payloads.preset_of(ctx, record), scalars.decode(record.reference_norm)

    def good(item: Contribution) -> bool:
        alignment, norm = scalars.decode(item.alignment), scalars.decode(item.norm)
        return bounds.alignment_ok(preset, alignment, norm, reference)

    if _sift(ctx, record, good, pb.CONTRIBUTION_STATUS_REJECTED_ALIGNMENT, burn=False):
        _freeze(ctx, record)


def _freeze(ctx: Context, record: Round) -> None:
    """Fix the accepted set and its sum G, once and for all.

    G is never formed again without somebody: the difference would be a product of two single updates, which
    lets a sybil read a victim's coordinates.
    """
    accepted = records.contributions(ctx.view, record.id, _IN)
    total = payloads.sum_of(ctx, record, [item.payload for item in accepted])
    if payloads.is_degenerate(total):
        ending.refund(ctx, record, Outcome.NO_LENGTH.value)
        return
    for item in accepted:
        item.status = pb.CONTRIBUTION_STATUS_ACCEPTED
    records.save_contributions(ctx.view, accepted)
    data = payload.encode_own(total, payloads.preset_of(ctx, record))
    record.total = ctx.view.put_bulk(keys.round_scope(record.id), data)
    questions = [Question(pb.OPENING_KIND_AGGREGATE, item.sender) for item in accepted]
    _ask(ctx, record, pb.SCORING_STAGE_AGGREGATE, questions)


def _aggregates_known(ctx: Context, record: Round) -> None:
    preset, accepted = payloads.preset_of(ctx, record), record.asked

    def good(item: Contribution) -> bool:
        return bounds.aggregate_ok(preset, scalars.decode(item.aggregate), accepted)

    status = pb.CONTRIBUTION_STATUS_REJECTED_AGGREGATE
    if _sift(ctx, record, good, status, burn=False, among=pb.CONTRIBUTION_STATUS_ACCEPTED):
        settlement.settle(ctx, record)


def _ask_each(ctx: Context, record: Round, stage: ScoringStage, kind: OpeningKind) -> None:
    items = records.contributions(ctx.view, record.id, _IN)
    _ask(ctx, record, stage, [Question(kind, item.sender) for item in items])


def _sift(
    ctx: Context,
    record: Round,
    good: Callable[[Contribution], bool],
    rejection: ContributionStatus,
    *,
    burn: bool,
    among: ContributionStatus = _IN,
) -> bool:
    """Reject who is not good; end the round and return False if too few are left."""
    items = records.contributions(ctx.view, record.id, among)
    rejected = [item for item in items if not good(item)]
    for item in rejected:
        item.status = rejection
        word = ContributionStatus.Name(rejection).removeprefix("CONTRIBUTION_STATUS_").lower()
        records.emit(ctx, record, "rejected", item.sender, status=word)
        if burn:
            escrow.burn_deposit(ctx, record, item)
    records.save_contributions(ctx.view, rejected)
    if len(items) - len(rejected) >= record.min_contributors:
        return True
    ending.refund(ctx, record, outcomes.TOO_FEW_ACCEPTED)
    return False


_STEPS: Final[dict[tuple[RoundStatus, ScoringStage], _Step]] = {
    (pb.ROUND_STATUS_PENDING, pb.SCORING_STAGE_COIN): _reference_coin_known,
    (pb.ROUND_STATUS_PENDING, pb.SCORING_STAGE_LENGTH): _reference_lengths_known,
    (pb.ROUND_STATUS_PENDING, pb.SCORING_STAGE_NORM): _reference_norm_known,
    (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_COIN): _coin_known,
    (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_LENGTH): _lengths_known,
    (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_NORM): _norms_known,
    (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_ALIGNMENT): _alignments_known,
    (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_AGGREGATE): _aggregates_known,
}
