"""Whole rounds with the real cryptography: encrypted updates, threshold decryption, payout, release."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from tests.state.chain import BALANCE, OWNER_SECRET, Submission
from tests.state.conftest import CHAIN_ID
from tests.state.live import Live, Vector, direction, unit

from assay.crypto.committee import release
from assay.crypto.committee.decoding import Decoded
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key, SlotRecord
from assay.state.ceremony.records import name
from assay.state.rules import errors, keys, outcomes, scalars
from assay.state.rules.payout import Outcome, Score, divide

FEE, BOUNTY, DEPOSIT = 40_001, 1_000_000, 10_000


def collect(live: Live, round_id: int) -> Vector:
    """What the owner does with the sealed shares: the sum of the paid updates."""
    key, chain = live.chain.key_of(round_id), live.chain
    boxes = {}
    for member in range(len(key.members)):
        slot = chain.memory.records.get(keys.slot(key.id, tx_pb2.COMMITTEE_PHASE_RELEASE, member, 0))
        if slot is not None:
            data = chain.memory.get_bulk(keys.release_scope(round_id), SlotRecord.FromString(slot).digest)
            assert data is not None
            boxes[member] = data
    signing_keys = {number: member.signing_key for number, member in enumerate(key.members)}
    found = release.collect(name(CHAIN_ID, key), 0, boxes, OWNER_SECRET, signing_keys)
    assert isinstance(found, Decoded)
    return np.array([int(value) for value in found.value[:11]], dtype=np.float64) / (2 * SMALL.scale)


def test_a_whole_round(any_size: Live) -> None:
    reference = direction(1)
    updates = [unit(reference + 0.8 * direction(seed)) for seed in (2, 3, 4)]
    updates[2] = unit(-reference + 0.5 * direction(5))  # labels the wrong way round
    round_id = any_size.whole_round(reference, updates)
    chain, record = any_size.chain, any_size.chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, Outcome.PAID.value)

    total = sum(updates)
    items = [chain.contribution(round_id, person) for person in chain.people[:3]]
    for item, update in zip(items, updates, strict=True):
        assert scalars.decode(item.norm) / SMALL.unit == pytest.approx(1, abs=0.004)
        assert scalars.decode(item.alignment) / SMALL.unit == pytest.approx(
            float(update @ reference), abs=0.004
        )
        assert scalars.decode(item.aggregate) / SMALL.unit == pytest.approx(float(update @ total), abs=0.004)
    scores = [Score(scalars.decode(i.alignment), scalars.decode(i.aggregate), 0) for i in items]
    expected = divide(BOUNTY, scores, scalars.decode(record.reference_norm), 2)
    assert [item.amount for item in items] == list(expected.amounts)
    assert [item.status for item in items] == [pb.CONTRIBUTION_STATUS_PAID] * 2 + [
        pb.CONTRIBUTION_STATUS_UNPAID
    ]

    any_size.committee.block()  # members post their sealed shares
    # The sum holds the two paid updates and nothing of the third; the small preset's mask leaves 2^-10 or so.
    assert collect(any_size, round_id) == pytest.approx(updates[0] + updates[1], abs=0.01)


def test_three_of_four_sealed_shares_open_the_sum(
    four: Live,
) -> None:
    reference = direction(1)
    round_id = four.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
    four.committee.silent = {2}
    four.committee.block()
    assert four.chain.round(round_id).release_shares == 3
    assert np.linalg.norm(collect(four, round_id)) > 1


def test_an_update_ten_times_too_long_is_rejected_by_its_length(live: Live) -> None:
    reference = direction(1)
    honest = [unit(reference + 0.5 * direction(s)) for s in (2, 3)]
    round_id = live.whole_round(reference, [*honest, 10 * honest[0]])
    cheat = live.chain.contribution(round_id, live.chain.people[2])
    assert cheat.status in (pb.CONTRIBUTION_STATUS_REJECTED_LENGTH, pb.CONTRIBUTION_STATUS_REJECTED_NORM)
    assert live.chain.balance(live.chain.people[2]) == BALANCE - DEPOSIT
    assert live.chain.round(round_id).status == pb.ROUND_STATUS_SETTLED


def test_an_update_whose_norm_is_one_only_modulo_q_is_rejected_by_its_length(live: Live) -> None:
    reference = direction(1)
    honest = [unit(reference + 0.5 * direction(s)) for s in (2, 3)]
    wrapped = sqrt(1 + SMALL.modulus / SMALL.unit) * unit(np.ones(11))
    message = np.round(wrapped * SMALL.scale).astype(object)
    norm = 4 * int(message @ message) % SMALL.modulus
    assert abs(norm - SMALL.unit) < SMALL.unit // 256  # the norm alone would let it pass
    round_id = live.whole_round(reference, [*honest, wrapped])
    cheat = live.chain.contribution(round_id, live.chain.people[2])
    assert cheat.status == pb.CONTRIBUTION_STATUS_REJECTED_LENGTH
    assert live.chain.round(round_id).status == pb.ROUND_STATUS_SETTLED


def test_the_update_of_length_5_74_at_a_scale_64_times_too_large_is_rejected(live: Live) -> None:
    reference = direction(1)
    honest = [unit(reference + 0.5 * direction(s)) for s in (2, 3)]
    round_id = live.whole_round(reference, [*honest, 64 * 5.74 * unit(np.ones(11))])
    cheat = live.chain.contribution(round_id, live.chain.people[2])
    assert cheat.status == pb.CONTRIBUTION_STATUS_REJECTED_LENGTH


def test_an_update_a_little_too_long_or_short_is_rejected_by_its_norm(live: Live) -> None:
    reference = direction(1)
    honest = [unit(reference + 0.5 * direction(s)) for s in (2, 3)]
    round_id = live.whole_round(reference, [*honest, 1.01 * honest[0], 0.99 * honest[1]])
    for person in live.chain.people[2:4]:
        assert live.chain.contribution(round_id, person).status == pb.CONTRIBUTION_STATUS_REJECTED_NORM


def test_a_reference_that_is_no_unit_update_is_refused(live: Live) -> None:
    round_id = live.open_round(3 * direction(1))
    record = live.run_until(round_id, pb.ROUND_STATUS_REFUNDED)
    assert record.outcome == outcomes.BAD_REFERENCE
    assert live.chain.balance(live.chain.owner) == BALANCE - FEE


def test_junk_that_encrypts_nothing_is_refused_and_honest_work_is_paid(live: Live) -> None:
    reference = direction(1)
    round_id = live.open_round(reference, max_contributors=3)
    live.run_until(round_id, pb.ROUND_STATUS_OPEN)
    junk = live.chain.submission(round_id, 2)
    live.chain.run("commit", junk.sender, junk.commit)
    subs = [
        Submission(
            live.chain.people[n], round_id, live.encrypt(unit(reference + direction(n + 2)), n, round_id)
        )
        for n in range(2)
    ]
    for sub in subs:
        live.chain.run("commit", sub.sender, sub.commit)
    with pytest.raises(errors.ProofChallenge):
        live.chain.run("reveal", junk.sender, junk.reveal)
    for sub in subs:
        live.chain.run("reveal", sub.sender, sub.reveal)
    live.run_until(round_id, pb.ROUND_STATUS_SETTLED)
    assert live.chain.contribution(round_id, junk.sender).status == pb.CONTRIBUTION_STATUS_NOT_REVEALED
    assert live.chain.balance(junk.sender) == BALANCE - DEPOSIT


def test_two_silent_members_of_four_let_the_round_expire(four: Live) -> None:
    reference = direction(1)
    round_id = four.open_round(reference, scoring_window=38)
    four.committee.silent = {0, 3}
    record = four.run_until(round_id, pb.ROUND_STATUS_EXPIRED)
    assert record.refunded == record.escrowed


def test_the_key_of_a_settled_round_is_not_used_again(live: Live) -> None:
    reference = direction(1)
    round_id = live.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
    with pytest.raises(errors.KeyNotReady):
        live.chain.open_round(key_id=live.key.id)
    assert live.chain.view.require(Key, keys.committee_key(live.key.id)).round_id == round_id
