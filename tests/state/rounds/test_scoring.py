"""What opened values do to a round, stage after stage, with values injected by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tests.state.chain import BALANCE, Chain, Scores, Submission, random_payload

from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL
from assay.crypto.proof import proof_bytes
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Opening
from assay.state import openings
from assay.state.rules import keys, outcomes, scalars
from assay.state.rules.payout import Outcome

UNIT, LENGTH = SMALL.unit, SMALL.length_unit
FEE, BOUNTY, DEPOSIT = 40_001, 1_000_000, 10_000


def scores(chain: Chain, **by_number: dict[str, float]) -> Scores:
    """Scores with the exceptions named p0, p1, ...; "reference" for the reference."""
    senders = {name: chain.people[int(name[1:])].address for name in by_number if name != "reference"}
    senders["reference"] = b""
    return Scores(by_sender={senders[name]: values for name, values in by_number.items()})


def status(chain: Chain, round_id: int, number: int) -> int:
    return chain.contribution(round_id, chain.people[number]).status


# --- the reference -----------------------------------------------------------


def test_the_reference_is_checked_by_coin_lengths_and_norm(chain: Chain) -> None:
    round_id = chain.open_round()
    kinds = []
    while chain.round(round_id).status == pb.ROUND_STATUS_PENDING:
        kinds.append(Counter(opening.kind for opening in chain.asked(round_id)))
        chain.answer(round_id, stages=1)
    expected = [pb.OPENING_KIND_COIN, pb.OPENING_KIND_LENGTH, pb.OPENING_KIND_NORM]
    assert kinds == [Counter({kind: 8 if kind == pb.OPENING_KIND_LENGTH else 1}) for kind in expected]
    record = chain.round(round_id)
    assert (record.status, record.deadline) == (pb.ROUND_STATUS_OPEN, chain.height + 10)
    assert len(record.reference_coin) == 32
    assert record.coin == b""
    assert [scalars.decode(length) for length in record.reference_lengths] == [LENGTH] * 8
    assert scalars.decode(record.reference_norm) == UNIT
    assert chain.asked(round_id) == []


@pytest.mark.parametrize(
    "bad", [{"length": 15.001}, {"length": -15.001}, {"norm": 1.004}, {"norm": 0.996}, {"norm": -1}]
)
def test_a_bad_reference_refunds_the_bounty_and_pays_the_committee(
    chain: Chain, bad: dict[str, float]
) -> None:
    round_id = chain.open_round()
    chain.answer(round_id, scores(chain, reference=bad))
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcomes.BAD_REFERENCE)
    assert chain.balance(chain.owner) == BALANCE - FEE
    assert chain.balance(chain.operators[0]) == FEE
    assert chain.key_of(round_id).status == pb.KEY_STATUS_RETIRED


def test_a_reference_nobody_answers_for_expires_and_everything_goes_back(chain: Chain) -> None:
    for stages in range(3):
        round_id = chain.open_round()
        chain.answer(round_id, stages=stages)
        chain.end_block(62)
        record = chain.round(round_id)
        assert (record.status, record.outcome) == (pb.ROUND_STATUS_EXPIRED, outcomes.NO_ANSWER)
        assert chain.balance(chain.owner) == BALANCE
        assert chain.asked(round_id) == []


def test_one_bad_length_of_eight_is_enough(chain: Chain) -> None:
    round_id, good = chain.open_round(), Scores()
    chain.answer(round_id, stages=1)

    def last_is_bad(opening: Opening) -> int | bytes:
        return 16 * LENGTH if opening.kind == pb.OPENING_KIND_LENGTH and opening.index == 7 else good(opening)

    chain.answer(round_id, last_is_bad)
    assert chain.round(round_id).outcome == outcomes.BAD_REFERENCE


# --- the contributions -------------------------------------------------------


def test_a_round_is_scored_stage_after_stage_and_settles(chain: Chain) -> None:
    round_id = chain.revealed(3)
    stages = []
    while chain.round(round_id).status == pb.ROUND_STATUS_SCORING:
        asked = chain.asked(round_id)
        stages.append((chain.round(round_id).stage, len(asked)))
        assert chain.round(round_id).awaited == chain.round(round_id).asked == len(asked)
        chain.answer(round_id, stages=1)
    assert stages == [
        (pb.SCORING_STAGE_COIN, 1),
        (pb.SCORING_STAGE_LENGTH, 24),
        (pb.SCORING_STAGE_NORM, 3),
        (pb.SCORING_STAGE_ALIGNMENT, 3),
        (pb.SCORING_STAGE_AGGREGATE, 3),
    ]
    record = chain.round(round_id)
    assert record.status == pb.ROUND_STATUS_SETTLED
    assert record.coin not in (b"", record.reference_coin)


def test_no_contributor_has_more_than_eleven_scalars_opened(chain: Chain) -> None:
    round_id = chain.revealed(3)
    opened: Counter[bytes] = Counter()
    while chain.round(round_id).status == pb.ROUND_STATUS_SCORING:
        opened.update(opening.sender for opening in chain.asked(round_id))
        chain.answer(round_id, stages=1)
    assert all(opened[person.address] == 11 for person in chain.people[:3])


def test_what_was_opened_is_kept_for_everybody_to_recompute(chain: Chain) -> None:
    round_id = chain.revealed(2)
    values = scores(chain, p0={"length": 2, "alignment": 0.25, "aggregate": 1.5, "norm": 1.001})
    chain.answer(round_id, values)
    item = chain.contribution(round_id, chain.people[0])
    assert [scalars.decode(length) for length in item.lengths] == [2 * LENGTH] * 8
    assert scalars.decode(item.norm) == int(1.001 * UNIT)
    assert scalars.decode(item.alignment) == UNIT // 4
    assert scalars.decode(item.aggregate) == 3 * UNIT // 2


def test_shares_decided_in_any_order_fill_the_same_places(chain: Chain) -> None:
    round_id = chain.revealed(2)
    chain.answer(round_id, stages=1)
    asked = chain.asked(round_id)
    for opening in reversed(asked):
        chain.view.delete(keys.opening(opening.id))
        openings.deliver(chain.ctx, opening, 1000 + opening.index)
    for person in chain.people[:2]:
        lengths = chain.contribution(round_id, person).lengths
        assert [scalars.decode(length) for length in lengths] == list(range(1000, 1008))
    assert chain.round(round_id).stage == pb.SCORING_STAGE_NORM


BURNING = {
    "length": (16, pb.CONTRIBUTION_STATUS_REJECTED_LENGTH),
    "norm": (1.01, pb.CONTRIBUTION_STATUS_REJECTED_NORM),
}


@pytest.mark.parametrize("what", BURNING)
def test_a_submission_of_wrong_length_or_norm_is_rejected_alone_and_loses_its_deposit(
    chain: Chain, what: str
) -> None:
    value, rejected = BURNING[what]
    round_id = chain.revealed(3)
    chain.answer(round_id, scores(chain, p1={what: value}))
    assert status(chain, round_id, 1) == rejected
    record = chain.round(round_id)
    assert (record.status, record.burned) == (pb.ROUND_STATUS_SETTLED, DEPOSIT)
    assert chain.balance(chain.people[1]) == BALANCE - DEPOSIT
    assert [status(chain, round_id, n) for n in (0, 2)] == [pb.CONTRIBUTION_STATUS_PAID] * 2


def test_the_rejected_are_asked_about_no_more(chain: Chain) -> None:
    round_id = chain.revealed(4)
    cases = scores(chain, p0={"length": 99}, p1={"norm": 2}, p2={"alignment": 1.1})
    chain.answer(round_id, cases, stages=2)
    assert [o.sender for o in chain.asked(round_id)] == [p.address for p in chain.people[1:4]]
    chain.answer(round_id, cases, stages=1)
    assert [o.sender for o in chain.asked(round_id)] == [p.address for p in chain.people[2:4]]


@pytest.mark.parametrize("alignment", [1.01, -1.01])
def test_an_alignment_beyond_cauchy_schwarz_is_rejected_and_its_deposit_returns(
    chain: Chain, alignment: float
) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, scores(chain, p1={"alignment": alignment}))
    assert status(chain, round_id, 1) == pb.CONTRIBUTION_STATUS_REJECTED_ALIGNMENT
    assert chain.balance(chain.people[1]) == BALANCE
    assert chain.round(round_id).status == pb.ROUND_STATUS_SETTLED


# The last is Q / 2: an aggregate too large for the modulus comes back as any number below it.
@pytest.mark.parametrize("aggregate", [3.1, -1.1, -(2.0**16), 2.0**17])
def test_an_aggregate_that_cannot_be_leaves_its_contributor_unpaid(chain: Chain, aggregate: float) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, scores(chain, p1={"aggregate": aggregate}))
    assert status(chain, round_id, 1) == pb.CONTRIBUTION_STATUS_REJECTED_AGGREGATE
    item = chain.contribution(round_id, chain.people[1])
    assert (item.amount, item.deposit_returned) == (0, DEPOSIT)
    record = chain.round(round_id)
    assert (record.status, record.paid) == (pb.ROUND_STATUS_SETTLED, BOUNTY)


def test_the_accepted_set_freezes_with_its_sum_and_is_never_summed_again(chain: Chain) -> None:
    round_id = chain.revealed(3)
    cases = scores(chain, p1={"alignment": 2}, p0={"aggregate": 9})
    chain.answer(round_id, cases, stages=4)
    record = chain.round(round_id)
    assert record.stage == pb.SCORING_STAGE_AGGREGATE
    data = chain.view.get_bulk(keys.round_scope(round_id), record.total)
    assert data is not None
    first, third = (payload.ciphertexts_of(random_payload(n), SMALL, 1).astype(object) for n in (0, 2))
    total = payload.ciphertexts_of(data, SMALL, 1)
    for prime, modulus in enumerate(SMALL.cipher_primes):
        assert ((first + third)[:, :, prime] % modulus == total[:, :, prime]).all()
    chain.answer(round_id, cases)
    assert chain.round(round_id).total == record.total
    assert chain.round(round_id).outcome == outcomes.TOO_FEW_ACCEPTED


STAGES = {
    "length": ({"length": 99}, 2 * DEPOSIT),
    "norm": ({"norm": 2}, 2 * DEPOSIT),
    "alignment": ({"alignment": 2}, 0),
    "aggregate": ({"aggregate": 99}, 0),
}


@pytest.mark.parametrize("stage", STAGES)
def test_too_few_left_at_any_stage_refunds_the_round(chain: Chain, stage: str) -> None:
    bad, burned = STAGES[stage]
    round_id = chain.revealed(3)
    chain.answer(round_id, scores(chain, p0=bad, p2=bad))
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcomes.TOO_FEW_ACCEPTED)
    assert (record.paid, record.burned, record.refunded) == (FEE, burned, BOUNTY + 3 * DEPOSIT - burned)
    assert chain.balance(chain.owner) == BALANCE - FEE
    assert status(chain, round_id, 1) == pb.CONTRIBUTION_STATUS_RETURNED
    assert record.sum == b""


def test_updates_made_to_cancel_out_are_refunded_before_the_engine_sees_their_sum(chain: Chain) -> None:
    one = payload.ciphertexts_of(random_payload(0), SMALL, 1)
    primes = np.array(SMALL.cipher_primes, dtype=np.uint64)[:, None]
    opposite = payload.encode((primes - one) % primes, bytes(proof_bytes(SMALL, 1)), SMALL)
    round_id = chain.opened(max_contributors=2)
    subs = [chain.submission(round_id, 0), Submission(chain.people[1], round_id, opposite)]
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    for sub in subs:
        chain.run("reveal", sub.sender, sub.reveal)
    chain.answer(round_id)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, Outcome.NO_LENGTH.value)
    assert record.total == b""


@pytest.mark.parametrize("stages", range(5))
def test_a_committee_that_falls_silent_lets_the_round_expire_with_everything_back(
    chain: Chain, stages: int
) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, stages=stages)
    asked = chain.asked(round_id)
    assert asked
    chain.end_block(62)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_EXPIRED, outcomes.NO_ANSWER)
    assert (record.paid, record.burned, record.refunded) == (0, 0, BOUNTY + FEE + 3 * DEPOSIT)
    assert [chain.balance(who) for who in (chain.owner, *chain.people[:3])] == [BALANCE] * 4
    assert [status(chain, round_id, n) for n in range(3)] == [pb.CONTRIBUTION_STATUS_RETURNED] * 3
    assert chain.asked(round_id) == []
    assert chain.view.get_bulk(keys.round_scope(round_id), record.reference) is None


def test_who_was_rejected_before_the_committee_fell_silent_stays_rejected(chain: Chain) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, scores(chain, p0={"length": 99}), stages=2)
    chain.end_block(62)
    record = chain.round(round_id)
    assert (record.status, record.burned) == (pb.ROUND_STATUS_EXPIRED, DEPOSIT)
    assert status(chain, round_id, 0) == pb.CONTRIBUTION_STATUS_REJECTED_LENGTH


def test_answers_of_one_round_touch_no_other(chain: Chain) -> None:
    first, second = chain.revealed(2), chain.revealed(2)
    before = chain.round(second), [chain.contribution(second, p) for p in chain.people[:2]]
    chain.answer(first)
    assert chain.round(first).status == pb.ROUND_STATUS_SETTLED
    assert (chain.round(second), [chain.contribution(second, p) for p in chain.people[:2]]) == before
