"""The payout formula, in integers.

With alignments ``a_i = <g_i, g_ref>`` and aggregates ``h_i = <g_i, G>`` the
share of contributor i is ``2 a_i / A - h_i / H``, where ``A = sum a_i`` and
``H = sum h_i``. That is the exact Shapley value of the quadratic game
``v(S) = eta <g_S, r> - eta^2 / 2 |g_S|^2`` at the step ``eta`` that suits the
sum of all (docs/round.md derives it). Multiplied by ``A H`` it is an integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from assay.proto.state_pb2 import Round
from assay.state.rules.shares import part_of


@dataclass(frozen=True)
class Score:
    """What the committee opened for one accepted contributor.

    Attributes
    ----------
    alignment
        a_i, in units of the preset.
    aggregate
        h_i, in units of the preset.
    reserve
        The least amount accepted, in uasy.
    """

    alignment: int
    aggregate: int
    reserve: int


class Outcome(Enum):
    """Why a bounty was paid or not. The values are stable words kept in state."""

    PAID = "paid"
    NO_PROGRESS = "no progress: the updates together do not follow the reference"
    NO_LENGTH = "no length: the updates together cancel out"
    INCONSISTENT = "inconsistent: the scores contradict one another"
    TOO_FEW_PAID = "too few paid: fewer contributors than the round's minimum earned their reserve"


@dataclass(frozen=True)
class Payout:
    """The division of a bounty.

    Attributes
    ----------
    outcome
        PAID, or why the whole bounty goes back.
    numerators
        ``2 a_i H - h_i A`` for each contributor, before negative ones become 0.
    offers
        What each would get before reserves, in uasy; when paid they add up to the bounty without the
        committee's part.
    amounts
        What each gets, in uasy.
    committee
        What is set aside for the committee, in uasy.
    refund
        What goes back to the owner: bounty minus the amounts and the committee's part.
    """

    outcome: Outcome
    numerators: tuple[int, ...]
    offers: tuple[int, ...]
    amounts: tuple[int, ...]
    committee: int
    refund: int


def numerators(scores: Sequence[Score]) -> tuple[int, ...]:
    """Return ``2 a_i H - h_i A`` for each score."""
    total_a = sum(score.alignment for score in scores)
    total_h = sum(score.aggregate for score in scores)
    return tuple(2 * score.alignment * total_h - score.aggregate * total_a for score in scores)


def largest_remainder(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide `amount` by non-negative `weights` so that the parts add up exactly.

    Left-over units go to the largest remainders, ties to the lower index.

    Raises
    ------
    ValueError
        If the weights add up to zero.
    """
    total = sum(weights)
    if total <= 0:
        raise ValueError("the weights must add up to more than zero")
    parts = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def _verdict(scores: Sequence[Score], reference_norm: int) -> Outcome:
    total_a = sum(score.alignment for score in scores)
    total_h = sum(score.aggregate for score in scores)
    if total_a <= 0:
        return Outcome.NO_PROGRESS
    if total_h <= 0:
        return Outcome.NO_LENGTH
    # Cauchy-Schwarz: A = <G, r> and H = |G|^2, so A^2 <= H n_ref, with 1/64 for the masks.
    if 64 * total_a * total_a > 65 * total_h * reference_norm:
        return Outcome.INCONSISTENT
    return Outcome.PAID


def committees_part(bounty: int, committee_share: int) -> int:
    """Return the uasy of a paid bounty that are set aside for the committee, at a share in basis points."""
    return part_of(bounty, committee_share)


def owed_to_committee(record: Round) -> int:
    """Return what a round holds for its committee from the payout until the release ends: fee and share."""
    if not (record.ended and record.deadline):
        return 0
    return record.scoring_fee + committees_part(record.bounty, record.committee_share)


def divide(
    bounty: int, scores: Sequence[Score], reference_norm: int, least_paid: int, committee_share: int = 0
) -> Payout:
    """Divide a bounty between accepted contributors and the committee.

    Parameters
    ----------
    bounty
        In uasy.
    scores
        In order of commitment.
    reference_norm
        n_ref, in units of the preset.
    least_paid
        Fewer contributors with an amount above zero than this refund everything.
    committee_share
        Basis points of a bounty that is paid; contributors divide the rest.

    Returns
    -------
    Payout
        Amounts, the committee's part and refund always add up to the bounty.
    """
    nums = numerators(scores)
    none = (0,) * len(scores)
    outcome = _verdict(scores, reference_norm)
    if outcome is not Outcome.PAID:
        return Payout(outcome, nums, none, none, 0, bounty)
    committee = committees_part(bounty, committee_share)
    weights = [max(0, num) for num in nums]
    # 2AH - HA = AH > 0, so at least one numerator is above zero.
    offers = largest_remainder(bounty - committee, weights)
    amounts = tuple(
        offer if offer >= score.reserve else 0 for offer, score in zip(offers, scores, strict=True)
    )
    if sum(amount > 0 for amount in amounts) < least_paid:
        return Payout(Outcome.TOO_FEW_PAID, nums, offers, none, 0, bounty)
    return Payout(outcome, nums, offers, amounts, committee, bounty - committee - sum(amounts))
