"""Dividing the bounty when every score is known."""

from __future__ import annotations

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, ContributionStatus, Round
from assay.state.context import Context
from assay.state.rounds import ending, escrow, records, release
from assay.state.rules import payout, scalars
from assay.state.rules.payout import Outcome, Score


def settle(ctx: Context, record: Round) -> None:
    """Pay the bounty by the formula, or give it back; the caller writes the record.

    The committee is paid when the release ends, so that releasing is part of what it is paid for; until then
    its fee and its share of the bounty stay in the escrow.
    """
    accepted = records.contributions(ctx.view, record.id, pb.CONTRIBUTION_STATUS_ACCEPTED)
    scores = [_score(item) for item in accepted]
    reference_norm = scalars.decode(record.reference_norm)
    division = payout.divide(
        record.bounty, scores, reference_norm, record.min_contributors, record.committee_share
    )
    if division.outcome is not Outcome.PAID:
        ending.refund(ctx, record, division.outcome.value)
        return
    for item, offer, amount in zip(accepted, division.offers, division.amounts, strict=True):
        item.status, item.amount = _status(offer, amount), amount
        escrow.pay(ctx, record, item.sender, amount, "paid")
    records.save_contributions(ctx.view, accepted)
    escrow.refund(ctx, record, record.owner, division.refund, "bounty_returned")
    everybody = records.contributions(ctx.view, record.id)
    ending.return_deposits(ctx, record, everybody)
    records.save_contributions(ctx.view, everybody)
    ending.close(ctx, record, pb.ROUND_STATUS_SETTLED, division.outcome.value)
    release.begin(ctx, record)


def _score(item: Contribution) -> Score:
    return Score(scalars.decode(item.alignment), scalars.decode(item.aggregate), item.reserve)


def _status(offer: int, amount: int) -> ContributionStatus:
    if amount:
        return pb.CONTRIBUTION_STATUS_PAID
    return pb.CONTRIBUTION_STATUS_BELOW_RESERVE if offer else pb.CONTRIBUTION_STATUS_UNPAID
