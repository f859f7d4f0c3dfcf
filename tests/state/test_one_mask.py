"""The chain opens a ciphertext under one mask: whoever sends it, as whatever, and however often."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from tests.state.chain import Chain, Submission
from tests.state.committee import RealCommittee
from tests.state.live import Live, direction

from assay.crypto.ckks import payload
from assay.crypto.ckks.packing import pack
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import MaskUse, Opening
from assay.state import openings, scoring_queue
from assay.state.overlay import Overlay
from assay.state.rules import keys, outcomes
from assay.state.scoring_queue import Question


@pytest.fixture
def four(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=4), tmp_path))


def test_one_ciphertext_sent_by_the_owner_and_two_others_opens_to_one_score(four: Live) -> None:
    """Its sender can prove it again for another name: reference and two submissions differ in that alone."""
    chain, update = four.chain, direction(1)
    message = pack((update * SMALL.scale).round().astype("int64"), SMALL)
    sealed = [four.payload(message, 7, four.bound_to(0, chain.owner))]
    round_id = chain.open_round(key_id=four.key.id, reference=sealed[0], max_contributors=2)
    chain.end_block()
    four.run_until(round_id, pb.ROUND_STATUS_OPEN)
    subs = []
    for person in chain.people[:2]:
        sealed.append(four.payload(message, 7, four.bound_to(round_id, person)))
        subs.append(Submission(person, round_id, sealed[-1]))
    assert len(set(sealed)) == 3
    assert len({payload.ciphertexts_of(data, SMALL, 1).tobytes() for data in sealed}) == 1
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    for sub in subs:
        chain.run("reveal", sub.sender, sub.reveal)
    four.run_until(round_id, pb.ROUND_STATUS_SETTLED)
    items = [chain.contribution(round_id, sub.sender) for sub in subs]
    scores = {chain.round(round_id).reference_norm, *(i.norm for i in items), *(i.alignment for i in items)}
    assert len(scores) == 1, "the same product was opened under two masks"
    assert items[0].aggregate == items[1].aggregate
    uses = [MaskUse.FromString(data) for _, data in chain.memory.iterate(keys.masks(four.key.id))]
    assert sorted(len(use.openings) for use in uses if use.kind == pb.OPENING_KIND_NORM) == [5]
    lengths = [use for use in uses if use.kind == pb.OPENING_KIND_LENGTH]
    assert [len(use.openings) for use in lengths] == [1] * 24, "rho is drawn for each sender"


def test_a_chain_that_is_rolled_back_and_goes_another_way_opens_the_same_score(four: Live) -> None:
    """Other numbers of openings, other coins, other members that answer: the mask follows from c1 alone."""
    chain, reference = four.chain, four.encrypt(direction(1), 10_000)
    height, before = chain.ctx.height, deepcopy(chain.memory)

    def judged() -> pb.Round:
        round_id = chain.open_round(key_id=four.key.id, reference=reference, max_contributors=2)
        chain.end_block()
        return four.run_until(round_id, pb.ROUND_STATUS_OPEN)

    first = judged()
    chain.memory = before
    chain.ctx = chain.context(height, Overlay(before))
    withdrawn = scoring_queue.ask(chain.ctx, four.key.id, 0, [Question(pb.OPENING_KIND_COIN)])
    scoring_queue.drop(chain.ctx, withdrawn, 1)
    four.committee.silent = {0}
    second = judged()
    assert first.reference_coin != second.reference_coin
    assert first.reference_lengths != second.reference_lengths, "they follow from the coin"
    assert first.reference_norm == second.reference_norm


def computed(chain: Chain, round_id: int, digest: bytes) -> Opening:
    """Record the same c1 for the first opening that a round waits for."""
    opening = chain.asked(round_id)[0]
    openings.complete_job(chain.ctx, opening.id, 5, digest)
    return opening


@pytest.mark.parametrize("width", ["length first", "score first"])
def test_a_ciphertext_is_never_opened_under_a_second_width_of_mask(width: str) -> None:
    """Nobody knows how to send one that would be; the chain refuses it all the same."""
    chain = Chain(seats=4)
    round_id, digest = chain.open_round(), b"c" * 32
    chain.answer(round_id, stages=1)
    if width == "length first":
        first = computed(chain, round_id, digest)
        chain.answer(round_id, stages=1)
        second = computed(chain, round_id, digest)
    else:
        key, number = chain.key_of(round_id), chain.asked(round_id)[0].id
        chain.view.save(keys.mask(key.id, digest), MaskUse(kind=pb.OPENING_KIND_NORM, openings=[number]))
        first = second = computed(chain, round_id, digest)
        assert chain.view.get(keys.opening(first.id)) is None
        chain.answer(round_id, stages=1)
    assert chain.view.get(keys.opening(second.id)) is None
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcomes.BAD_REFERENCE)
    assert all(item.opening != second.id for item in openings.awaited(chain.view, chain.seats[0].validator))


def test_a_ciphertext_under_the_same_width_uses_the_same_mask_again() -> None:
    chain = Chain(seats=4)
    round_id, digest = chain.open_round(), b"c" * 32
    chain.answer(round_id, stages=1)
    first, second = chain.asked(round_id)[:2]
    for opening in (first, second):
        openings.complete_job(chain.ctx, opening.id, 5, digest)
        assert chain.view.get(keys.opening(opening.id)) is not None
    use = chain.view.require(MaskUse, keys.mask(first.key_id, digest))
    assert list(use.openings) == [first.id, second.id]


def test_a_mask_is_a_keys_own() -> None:
    chain = Chain(seats=4)
    digest, other = b"c" * 32, chain.ready_key()
    chain.view.save(keys.mask(other.id, digest), MaskUse(kind=pb.OPENING_KIND_NORM, openings=[1]))
    round_id = chain.open_round()
    chain.answer(round_id, stages=1)
    opening = computed(chain, round_id, digest)
    assert chain.view.get(keys.opening(opening.id)) is not None


def test_a_coin_is_named_by_its_number_which_is_taken_once(four: Live) -> None:
    first = scoring_queue.ask(four.chain.ctx, four.key.id, 1, [Question(pb.OPENING_KIND_COIN)])
    scoring_queue.drop(four.chain.ctx, first, 1)
    second = scoring_queue.ask(four.chain.ctx, four.key.id, 1, [Question(pb.OPENING_KIND_COIN)])
    assert second > first
