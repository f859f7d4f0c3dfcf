"""Why each contributor of a round got what it got, recomputed from the opened scalars.

Nothing here asks anybody: from a round's and its contributions' records (which
the caller has proven) it works out the payout again, with the chain's own
formula, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.client.amounts import format_amount
from assay.crypto.accounts import encode_address
from assay.crypto.bounds import length_ok, norm_ok
from assay.crypto.presets import Preset
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round
from assay.state.rules import scalars
from assay.state.rules.payout import Outcome, Payout, Score, divide, owed_to_committee

_SETTLED: Final = (
    pb.CONTRIBUTION_STATUS_PAID,
    pb.CONTRIBUTION_STATUS_BELOW_RESERVE,
    pb.CONTRIBUTION_STATUS_UNPAID,
)
ENDED: Final = (
    pb.ROUND_STATUS_SETTLED,
    pb.ROUND_STATUS_REFUNDED,
    pb.ROUND_STATUS_EXPIRED,
    pb.ROUND_STATUS_CANCELLED,
)
"""Statuses that never change again."""


@dataclass(frozen=True)
class Line:
    """One contributor.

    Attributes
    ----------
    address, status
        Who, and the status as a word.
    norm, alignment, aggregate
        n, a and h in units of an update of length 1; None where never opened.
    numerator
        ``2 a H - h A``, an exact integer; None if the contribution was not accepted.
    share
        ``2 a / A - h / H``; None if not accepted, or A or H is not above zero.
    offer, reserve, amount, deposit_returned
        In uasy: what the formula offers, the least accepted, what was paid, what came back.
    reason
        A sentence.
    """

    address: str
    status: str
    norm: float | None
    alignment: float | None
    aggregate: float | None
    numerator: int | None
    share: float | None
    offer: int
    reserve: int
    amount: int
    deposit_returned: int
    reason: str


@dataclass(frozen=True)
class Explanation:
    """A round, recomputed.

    Attributes
    ----------
    lines
        By order of commitment.
    total_alignment, total_aggregate, reference_norm
        A, H and n_ref in units of an update of length 1.
    committee
        Of the bounty, in uasy: what is the committee's before contributors divide the rest.
    outcome
        The round's stable word, or what it is doing now.
    disagreements
        Sentences about what differs from the chain's records; empty when the recomputation agrees.
    """

    lines: tuple[Line, ...]
    total_alignment: float
    total_aggregate: float
    reference_norm: float
    committee: int
    outcome: str
    disagreements: tuple[str, ...]


def status_word(value: int, enum: type[pb.ContributionStatus] | type[pb.RoundStatus], prefix: str) -> str:
    """Return an enum's name as a word: ``rejected length``."""
    return enum.Name(value).removeprefix(prefix).replace("_", " ").lower()


def round_word(record: Round) -> str:
    """Return a round's status as a word."""
    return status_word(record.status, pb.RoundStatus, "ROUND_STATUS_")


def contribution_word(item: Contribution) -> str:
    """Return a contribution's status as words."""
    return status_word(item.status, pb.ContributionStatus, "CONTRIBUTION_STATUS_")


def explain(record: Round, contributions: list[Contribution], preset: Preset) -> Explanation:
    """Recompute a round's payout.

    Parameters
    ----------
    record
        The round's proven record.
    contributions
        All its proven contributions, by order of commitment.
    preset
        The preset of the round's key.
    """
    scored = [item for item in contributions if _was_scored(record, item)]
    scores = [Score(_int(item.alignment), _int(item.aggregate), item.reserve) for item in scored]
    norm, share = _int(record.reference_norm), record.committee_share
    division = divide(record.bounty, scores, norm, record.min_contributors, share)
    total_a, total_h = sum(score.alignment for score in scores), sum(score.aggregate for score in scores)
    places = {item.sender: place for place, item in enumerate(scored)}
    context = _Context(record, preset, division, places, total_a, total_h)
    return Explanation(
        lines=tuple(_line(context, item) for item in contributions),
        total_alignment=total_a / preset.unit,
        total_aggregate=total_h / preset.unit,
        reference_norm=norm / preset.unit,
        committee=division.committee,
        outcome=record.outcome or round_word(record),
        disagreements=tuple(_disagreements(context, contributions)),
    )


@dataclass(frozen=True)
class _Context:
    record: Round
    preset: Preset
    division: Payout
    places: dict[bytes, int]  # of scored contributions, by sender
    total_a: int
    total_h: int


def _int(scalar: bytes) -> int:
    return scalars.decode(scalar) if scalar else 0


def _was_scored(record: Round, item: Contribution) -> bool:
    if record.status == pb.ROUND_STATUS_SETTLED:
        return item.status in _SETTLED
    refused = item.status == pb.CONTRIBUTION_STATUS_REJECTED_AGGREGATE
    return record.status == pb.ROUND_STATUS_REFUNDED and bool(item.aggregate) and not refused


def _line(context: _Context, item: Contribution) -> Line:
    place, unit = context.places.get(item.sender), context.preset.unit
    share = None
    if place is not None and context.total_a > 0 and context.total_h > 0:
        share = 2 * _int(item.alignment) / context.total_a - _int(item.aggregate) / context.total_h
    return Line(
        address=encode_address(item.sender),
        status=contribution_word(item),
        norm=_int(item.norm) / unit if item.norm else None,
        alignment=_int(item.alignment) / unit if item.alignment else None,
        aggregate=_int(item.aggregate) / unit if item.aggregate else None,
        numerator=None if place is None else context.division.numerators[place],
        share=share,
        offer=0 if place is None else context.division.offers[place],
        reserve=item.reserve,
        amount=item.amount,
        deposit_returned=item.deposit_returned,
        reason=_reason(context, item, share),
    )


def _reason(context: _Context, item: Contribution, share: float | None) -> str:
    if share is not None and item.status in _SETTLED:
        return _scored_reason(context, item, share)
    if item.status == pb.CONTRIBUTION_STATUS_REJECTED_LENGTH:
        wrong = sum(not length_ok(context.preset, _int(length)) for length in item.lengths)
        return (
            f"refused: {wrong} of {len(item.lengths)} length checks were beyond their limit, so the update "
            "is longer than 1; the deposit was burned"
        )
    if item.status == pb.CONTRIBUTION_STATUS_REJECTED_NORM:
        norm = _int(item.norm) / context.preset.unit
        return f"refused: its norm is {norm:.4f}, which is not 1 within 1/256; the deposit was burned"
    return _OTHER_REASONS.get(item.status, "nothing is decided yet")


_OTHER_REASONS: Final[dict[int, str]] = {
    pb.CONTRIBUTION_STATUS_REJECTED_ALIGNMENT: (
        "refused: its alignment is larger than two updates of length 1 can have; the deposit went back"
    ),
    pb.CONTRIBUTION_STATUS_REJECTED_AGGREGATE: (
        "refused: its part of the sum is larger than the sum allows; the deposit went back"
    ),
    pb.CONTRIBUTION_STATUS_NOT_REVEALED: "not paid: it committed but never revealed; the deposit was burned",
    pb.CONTRIBUTION_STATUS_RETURNED: "not paid: the round ended without a payout; the deposit went back",
    pb.CONTRIBUTION_STATUS_COMMITTED: "committed; it must reveal in the reveal window",
    pb.CONTRIBUTION_STATUS_REVEALED: "revealed; the committee's scores are not complete yet",
}


def _scored_reason(context: _Context, item: Contribution, share: float) -> str:
    forward, overlap = _int(item.alignment) / context.total_a, _int(item.aggregate) / context.total_h
    moved = f"by {forward:.1%}" if forward >= 0 else f"the wrong way, by {-forward:.1%}"
    counted = (
        f"it moved the owner's loss {moved} of what all moved it, and is {overlap:.1%} of the sum: "
        f"2 x ({forward:.4f}) - ({overlap:.4f}) = {share:+.4f}"
    )
    place = context.places[item.sender]
    offer = context.division.offers[place]
    if item.status == pb.CONTRIBUTION_STATUS_UNPAID:
        return f"not paid: {counted}, which is not above zero; the deposit went back"
    positive = sum(max(0, numerator) for numerator in context.division.numerators)
    part = max(0, context.division.numerators[place]) / positive
    offered = f"{counted}; that is {part:.2%} of all shares above zero, {format_amount(offer)} of the bounty"
    if item.status == pb.CONTRIBUTION_STATUS_BELOW_RESERVE:
        return (
            f"not paid: {offered}, below its reserve of {format_amount(item.reserve)}; it went to the owner"
        )
    return f"paid: {offered}"


def _disagreements(context: _Context, contributions: list[Contribution]) -> list[str]:
    record, found = context.record, []
    if record.status == pb.ROUND_STATUS_SETTLED:
        found += _wrong_amounts(context, contributions)
    elif any(item.amount for item in contributions):
        found.append("amounts were paid though the round did not settle")
    found += [text for item in contributions if (text := _wrong_verdict(context, item))]
    left = record.escrowed - record.paid - record.refunded - record.burned - owed_to_committee(record)
    if record.status in ENDED and left:
        found.append(f"of {record.escrowed} uasy that came in, {left} are neither paid, refunded nor burned")
    return found


def _wrong_amounts(context: _Context, contributions: list[Contribution]) -> list[str]:
    division, found = context.division, []
    if division.outcome is not Outcome.PAID:
        found.append(f"the round paid, though by the formula its outcome is {division.outcome.value!r}")
    for item in contributions:
        place = context.places.get(item.sender)
        due = division.amounts[place] if place is not None else 0
        if item.amount != due:
            found.append(f"{encode_address(item.sender)} got {item.amount} uasy, the formula says {due}")
    return found


def _wrong_verdict(context: _Context, item: Contribution) -> str:
    """Return a sentence if a contribution was refused or let pass against its own scalars."""
    long = any(length and not length_ok(context.preset, _int(length)) for length in item.lengths)
    unfit = bool(item.norm) and not norm_ok(context.preset, _int(item.norm))
    refused = {
        pb.CONTRIBUTION_STATUS_REJECTED_LENGTH: long,
        pb.CONTRIBUTION_STATUS_REJECTED_NORM: unfit,
    }.get(item.status)
    if refused is None and (long or unfit) and item.sender in context.places:
        return f"{encode_address(item.sender)} was accepted though its length or norm is out of bounds"
    if refused is False:
        return f"{encode_address(item.sender)} was refused though its length and norm are within bounds"
    return ""
