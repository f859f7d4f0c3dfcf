"""How a round ends without a payout, and what every end has in common."""

from __future__ import annotations

from typing import Final

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round, RoundStatus
from assay.state import scoring_queue
from assay.state.ceremony import phases
from assay.state.context import Context
from assay.state.rounds import escrow, records
from assay.state.rules import keys, outcomes

_BURNT: Final = (
    pb.CONTRIBUTION_STATUS_REJECTED_LENGTH,
    pb.CONTRIBUTION_STATUS_REJECTED_NORM,
    pb.CONTRIBUTION_STATUS_NOT_REVEALED,
)
"""Those whose deposit was burned when they got this status."""

_UNDECIDED: Final = (
    pb.CONTRIBUTION_STATUS_COMMITTED,
    pb.CONTRIBUTION_STATUS_REVEALED,
    pb.CONTRIBUTION_STATUS_ACCEPTED,
)


def refund(ctx: Context, record: Round, outcome: str) -> None:
    """End a round whose reference the committee has judged: it keeps its fee, everything else goes back."""
    escrow.pay_committee(ctx, record)
    _give_back(ctx, record, pb.ROUND_STATUS_REFUNDED, outcome)


def expire(ctx: Context, record: Round, outcome: str = outcomes.NO_ANSWER) -> None:
    """End a round whose committee did not answer: everything goes back, the fee too."""
    escrow.refund(ctx, record, record.owner, record.scoring_fee, "fee_returned")
    _give_back(ctx, record, pb.ROUND_STATUS_EXPIRED, outcome)


def cancel(ctx: Context, record: Round) -> None:
    """End a round at its owner's wish; the committee keeps the fee, for it has made the key that is lost."""
    escrow.pay_committee(ctx, record)
    _give_back(ctx, record, pb.ROUND_STATUS_CANCELLED, outcomes.CANCELLED)


def _give_back(ctx: Context, record: Round, status: RoundStatus, outcome: str) -> None:
    escrow.refund(ctx, record, record.owner, record.bounty, "bounty_returned")
    items = records.contributions(ctx.view, record.id)
    for item in items:
        if item.status in _UNDECIDED:
            item.status = pb.CONTRIBUTION_STATUS_RETURNED
    return_deposits(ctx, record, items)
    records.save_contributions(ctx.view, items)
    close(ctx, record, status, outcome)
    drop_payloads(ctx, record)
    phases.retire(ctx, record.key_id)


def return_deposits(ctx: Context, record: Round, items: list[Contribution]) -> None:
    """Give back every deposit that was not burned; the caller writes the contributions."""
    for item in items:
        if item.status not in _BURNT:
            escrow.return_deposit(ctx, record, item)


def close(ctx: Context, record: Round, status: RoundStatus, outcome: str) -> None:
    """Give a round its last status: nothing is awaited any more."""
    scoring_queue.drop(ctx, record.first_opening, record.asked)
    record.stage, record.asked, record.awaited = pb.SCORING_STAGE_UNSPECIFIED, 0, 0
    record.outcome, record.ended = outcome, ctx.height
    records.set_deadline(ctx, record, 0)
    records.set_status(ctx, record, status)


def drop_payloads(ctx: Context, record: Round) -> None:
    """Drop the round's payloads; their digests stay in the records."""
    ctx.view.drop_bulk(keys.round_scope(record.id))
