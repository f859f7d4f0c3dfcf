"""Explanations: the recomputed payout, its words, and what it notices."""

from __future__ import annotations

import pytest

from assay.client.explain import explain
from assay.crypto.accounts import from_seed
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round
from assay.state.rules import payout, scalars
from assay.state.rules.payout import Score

UNIT = SMALL.unit
BOUNTY = 1_000_000


def scalar(value: float) -> bytes:
    return scalars.encode(int(value * UNIT))


def contribution(number: int, a: float, h: float, reserve: int = 0) -> Contribution:
    return Contribution(
        round_id=1,
        index=number,
        sender=from_seed(bytes([number + 1]) * 32).address,
        reserve=reserve,
        lengths=[scalars.encode(SMALL.length_unit)] * 8,
        norm=scalar(1),
        alignment=scalar(a),
        aggregate=scalar(h),
    )


def settled(*items: Contribution, share: int = 0) -> tuple[Round, list[Contribution]]:
    """Settle a round of these by the chain's own formula."""
    scores = [Score(scalars.decode(i.alignment), scalars.decode(i.aggregate), i.reserve) for i in items]
    division = payout.divide(BOUNTY, scores, UNIT, 1, share)
    for item, offer, amount in zip(items, division.offers, division.amounts, strict=True):
        item.amount = amount
        item.status = (
            pb.CONTRIBUTION_STATUS_PAID
            if amount
            else pb.CONTRIBUTION_STATUS_BELOW_RESERVE
            if offer
            else pb.CONTRIBUTION_STATUS_UNPAID
        )
    record = Round(
        id=1,
        status=pb.ROUND_STATUS_SETTLED,
        bounty=BOUNTY,
        min_contributors=1,
        reference_norm=scalar(1),
        escrowed=BOUNTY,
        paid=sum(division.amounts) + division.committee,
        committee_share=share,
        refunded=division.refund,
        outcome="paid",
    )
    return record, list(items)


def test_a_payout_is_recomputed_to_the_last_unit() -> None:
    record, items = settled(contribution(0, 0.9, 1.8), contribution(1, 0.7, 1.5), contribution(2, -0.5, 0.4))
    found = explain(record, items, SMALL)
    assert found.disagreements == ()
    assert found.total_alignment == pytest.approx(1.1, abs=1e-6)
    assert found.total_aggregate == pytest.approx(3.7, abs=1e-6)
    assert [line.amount for line in found.lines] == [item.amount for item in items]
    assert sum(line.amount for line in found.lines) == BOUNTY
    shares = [line.share for line in found.lines]
    assert shares == pytest.approx(
        [2 * 0.9 / 1.1 - 1.8 / 3.7, 2 * 0.7 / 1.1 - 1.5 / 3.7, -1 / 1.1 - 0.4 / 3.7], abs=1e-6
    )


def test_the_committees_share_comes_off_before_contributors_divide_the_bounty() -> None:
    record, items = settled(contribution(0, 0.9, 1.8), contribution(1, 0.9, 1.8), share=250)
    found = explain(record, items, SMALL)
    assert (found.committee, found.disagreements) == (25_000, ())
    assert [line.amount for line in found.lines] == [487_500, 487_500]
    record.committee_share = 0
    assert len(explain(record, items, SMALL).disagreements) == 2


def test_until_the_release_ends_fee_and_share_are_still_owed() -> None:
    record, items = settled(contribution(0, 0.9, 1.8), share=250)
    record.escrowed += 40_000
    record.scoring_fee, record.paid, record.ended, record.deadline = 40_000, 975_000, 10, 20
    assert explain(record, items, SMALL).disagreements == ()
    record.deadline = 0
    (text,) = explain(record, items, SMALL).disagreements
    assert "65000 are neither paid, refunded nor burned" in text


def test_the_words_say_why() -> None:
    items = [contribution(0, 0.9, 1.8), contribution(1, 0.3, 0.6, reserve=BOUNTY), contribution(2, -0.5, 0.4)]
    record, items = settled(*items)
    paid, below, unpaid = (line.reason for line in explain(record, items, SMALL).lines)
    assert paid.startswith("paid: it moved the owner's loss by")
    assert "below its reserve of 1 ASY" in below
    assert "it moved the owner's loss the wrong way, by 71.4% of what all moved it" in unpaid
    assert "not above zero; the deposit went back" in unpaid


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (pb.CONTRIBUTION_STATUS_COMMITTED, "must reveal"),
        (pb.CONTRIBUTION_STATUS_REVEALED, "not complete yet"),
        (pb.CONTRIBUTION_STATUS_REJECTED_ALIGNMENT, "the deposit went back"),
        (pb.CONTRIBUTION_STATUS_REJECTED_AGGREGATE, "the deposit went back"),
        (pb.CONTRIBUTION_STATUS_NOT_REVEALED, "never revealed; the deposit was burned"),
        (pb.CONTRIBUTION_STATUS_RETURNED, "without a payout"),
    ],
)
def test_every_status_has_a_sentence(status: pb.ContributionStatus, words: str) -> None:
    item = Contribution(sender=bytes(20), status=status)
    line = explain(Round(status=pb.ROUND_STATUS_EXPIRED, outcome="no answer"), [item], SMALL).lines[0]
    assert words in line.reason


def test_refusals_name_their_numbers() -> None:
    long, wrong = contribution(0, 0, 0), contribution(1, 0, 0)
    long.status = pb.CONTRIBUTION_STATUS_REJECTED_LENGTH
    long.lengths[3] = scalars.encode(-16 * SMALL.length_unit)
    wrong.status, wrong.norm = pb.CONTRIBUTION_STATUS_REJECTED_NORM, scalar(1.25)
    record = Round(status=pb.ROUND_STATUS_REFUNDED, outcome="too few accepted")
    first, second = explain(record, [long, wrong], SMALL).lines
    assert "1 of 8 length checks" in first.reason
    assert "its norm is 1.2500" in second.reason
    assert (second.norm, second.share) == (pytest.approx(1.25, abs=1e-6), None)


# --- what does not agree ------------------------------------------------------


def test_a_wrong_amount_is_noticed() -> None:
    record, items = settled(contribution(0, 0.9, 1.8), contribution(1, 0.7, 1.5))
    items[0].amount -= 1
    (found,) = explain(record, items, SMALL).disagreements
    assert "the formula says" in found


def test_money_that_is_missing_is_noticed() -> None:
    record, items = settled(contribution(0, 0.9, 1.8))
    record.refunded += 5
    (found,) = explain(record, items, SMALL).disagreements
    assert "-5 are neither paid" in found


def test_paying_against_the_formula_is_noticed() -> None:
    record, items = settled(contribution(0, 0.9, 1.8))
    items[0].alignment = scalar(-0.9)
    assert any("its outcome is 'no progress" in text for text in explain(record, items, SMALL).disagreements)


def test_amounts_in_a_refunded_round_are_noticed() -> None:
    item = contribution(0, 0.9, 1.8)
    item.amount, item.status = 5, pb.CONTRIBUTION_STATUS_RETURNED
    record = Round(status=pb.ROUND_STATUS_REFUNDED, outcome="no progress", bounty=BOUNTY)
    assert "did not settle" in explain(record, [item], SMALL).disagreements[0]


def test_a_refusal_without_reason_is_noticed() -> None:
    record, items = settled(contribution(0, 0.9, 1.8))
    honest = contribution(1, 0, 0)
    honest.status = pb.CONTRIBUTION_STATUS_REJECTED_NORM
    (found,) = explain(record, [*items, honest], SMALL).disagreements
    assert "refused though its length and norm are within bounds" in found


def test_an_update_out_of_bounds_that_was_accepted_is_noticed() -> None:
    item = contribution(0, 0.9, 1.8)
    item.norm = scalar(1.1)
    record, items = settled(item)
    (found,) = explain(record, items, SMALL).disagreements
    assert "accepted though its length or norm is out of bounds" in found
