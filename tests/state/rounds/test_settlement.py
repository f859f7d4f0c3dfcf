"""Dividing the bounty: who is paid what, and where the rest goes."""

from __future__ import annotations

import pytest
from tests.state.chain import BALANCE, Chain, Scores

from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.state.rules.payout import Outcome, Score, divide

UNIT = SMALL.unit
FEE, BOUNTY, DEPOSIT = 40_001, 1_000_000, 10_000
PAID, BELOW, UNPAID = (
    pb.CONTRIBUTION_STATUS_PAID,
    pb.CONTRIBUTION_STATUS_BELOW_RESERVE,
    pb.CONTRIBUTION_STATUS_UNPAID,
)


def settle(
    chain: Chain, values: list[tuple[float, float]], reserves: tuple[int, ...] = (), **terms: int
) -> int:
    """Settle a round whose contributors have these alignments and aggregates, in units."""
    count = len(values)
    round_id = chain.revealed(count, reserves, **terms)
    by_sender = {
        chain.people[n].address: {"alignment": alignment, "aggregate": aggregate}
        for n, (alignment, aggregate) in enumerate(values)
    }
    chain.answer(round_id, Scores(by_sender=by_sender))
    return round_id


def amounts(chain: Chain, round_id: int, count: int) -> list[int]:
    return [chain.contribution(round_id, chain.people[n]).amount for n in range(count)]


def statuses(chain: Chain, round_id: int, count: int) -> list[int]:
    return [chain.contribution(round_id, chain.people[n]).status for n in range(count)]


def test_the_bounty_is_divided_by_the_formula(chain: Chain) -> None:
    values = [(0.5, 1.2), (0.25, 1.1), (0.75, 1.4)]
    round_id = settle(chain, values)
    scores = [Score(int(a * UNIT), int(h * UNIT), 0) for a, h in values]
    expected = divide(BOUNTY, scores, UNIT, 2)
    assert expected.outcome is Outcome.PAID
    assert amounts(chain, round_id, 3) == list(expected.amounts)
    assert sum(expected.amounts) == BOUNTY
    assert [chain.balance(chain.people[n]) for n in range(3)] == [BALANCE + a for a in expected.amounts]
    assert chain.balance(chain.owner) == BALANCE - BOUNTY - FEE
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, Outcome.PAID.value)
    assert (record.paid, record.refunded, record.burned) == (BOUNTY, 3 * DEPOSIT, 0)
    assert chain.escrow(round_id) == FEE  # until the release ends


def test_who_set_the_reference_back_is_not_paid(chain: Chain) -> None:
    round_id = settle(chain, [(0.5, 1.2), (-0.3, 0.9), (0.75, 1.4)])
    assert statuses(chain, round_id, 3) == [PAID, UNPAID, PAID]
    assert amounts(chain, round_id, 3)[1] == 0
    assert sum(amounts(chain, round_id, 3)) == BOUNTY


def test_an_amount_below_its_reserve_goes_back_to_the_owner_and_to_nobody_else(chain: Chain) -> None:
    free = settle(chain, [(0.5, 1.0)] * 3)
    reserved = settle(chain, [(0.5, 1.0)] * 3, reserves=(0, 333_334, 333_333))
    without, with_reserve = amounts(chain, free, 3), amounts(chain, reserved, 3)
    assert without == [333_334, 333_333, 333_333]
    assert with_reserve == [333_334, 0, 333_333]
    assert statuses(chain, reserved, 3) == [PAID, BELOW, PAID]
    record = chain.round(reserved)
    assert record.refunded == 333_333 + 3 * DEPOSIT
    assert record.paid == BOUNTY - 333_333


def test_a_reserve_that_is_met_exactly_is_paid(chain: Chain) -> None:
    round_id = settle(chain, [(0.5, 1.0)] * 2, reserves=(500_000, 500_000))
    assert amounts(chain, round_id, 2) == [500_000, 500_000]


REFUNDS = {
    Outcome.NO_PROGRESS: ([(-0.5, 1.0), (0.4, 1.0)], ()),
    Outcome.NO_LENGTH: ([(0.5, -0.01), (0.5, 0.005)], ()),
    Outcome.INCONSISTENT: ([(0.9, 0.3), (0.9, 0.3)], ()),
    Outcome.TOO_FEW_PAID: ([(0.5, 1.0), (0.5, 1.0)], (0, 500_001)),
}


@pytest.mark.parametrize("outcome", REFUNDS, ids=lambda outcome: outcome.name)
def test_a_division_that_pays_nobody_gives_the_bounty_back_and_releases_nothing(
    chain: Chain, outcome: Outcome
) -> None:
    values, reserves = REFUNDS[outcome]
    round_id = settle(chain, values, reserves)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcome.value)
    assert (record.paid, record.refunded, record.sum) == (FEE, BOUNTY + 2 * DEPOSIT, b"")
    assert statuses(chain, round_id, 2) == [pb.CONTRIBUTION_STATUS_RETURNED] * 2
    assert chain.balance(chain.owner) == BALANCE - FEE
    assert chain.key_of(round_id).status == pb.KEY_STATUS_RETIRED


def test_every_outcome_but_paid_is_a_refund_tested_here() -> None:
    assert set(REFUNDS) == set(Outcome) - {Outcome.PAID}


def test_a_round_for_one_contributor_pays_that_one(chain: Chain) -> None:
    round_id = settle(chain, [(0.5, 1.0)], min_contributors=1)
    assert amounts(chain, round_id, 1) == [BOUNTY]


def test_a_round_without_deposit_or_fee_settles_too(chain: Chain) -> None:
    round_id = settle(chain, [(0.5, 1.0)] * 2, deposit=0, scoring_fee=0)
    assert chain.round(round_id).paid == BOUNTY
    assert chain.told("deposit_returned") == []


def test_payments_can_be_followed_by_account(chain: Chain) -> None:
    round_id = settle(chain, [(0.5, 1.0)] * 2)
    paid = chain.told("paid")
    assert [(event["id"], event["account"], event["amount"]) for event in paid] == [
        (str(round_id), chain.people[n].address_text, "500000") for n in range(2)
    ]
