"""The queue of scalars to be opened."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Opening
from assay.state import counters, openings, scoring_queue
from assay.state.rules import keys
from assay.state.scoring_queue import Question


@pytest.fixture
def chain() -> Chain:
    made = Chain(scoring_block_work=20)
    made.end_block()
    return made


def due(chain: Chain) -> list[int]:
    return [job.opening for job in openings.due_jobs(chain.view, chain.params)]


def compute(chain: Chain) -> None:
    for job in openings.due_jobs(chain.view, chain.params):
        openings.complete_job(chain.ctx, job.opening, 5, job.opening.to_bytes(32, "big"))


def test_jobs_are_due_in_the_order_asked_within_the_work_of_a_block(chain: Chain) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, stages=1)
    asked = [opening.id for opening in chain.asked(round_id)]
    assert len(asked) == 24  # eight lengths of one unit each
    assert due(chain) == asked[:20]
    compute(chain)
    assert due(chain) == asked[20:]
    compute(chain)
    assert due(chain) == []


def test_a_product_weighs_eight_lengths(chain: Chain) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, stages=2)
    assert [job.work for job in openings.due_jobs(chain.view, chain.params)] == [8, 8]


def test_a_job_larger_than_a_block_is_done_alone(chain: Chain) -> None:
    round_id = chain.revealed(3)
    chain.answer(round_id, stages=2)
    chain.params.scoring_block_work = 1
    assert len(due(chain)) == 1


def test_a_smaller_job_does_not_overtake_one_that_does_not_fit(chain: Chain) -> None:
    first, second = chain.revealed(3), chain.revealed(2)
    chain.answer(first, stages=2)
    chain.answer(second, stages=1)
    chain.params.scoring_block_work = 17  # two products, and a length would still fit
    assert [job.work for job in openings.due_jobs(chain.view, chain.params)] == [8, 8]


def test_a_job_names_the_bytes_it_needs(chain: Chain) -> None:
    round_id = chain.revealed(2)
    scope, people = keys.round_scope(round_id), chain.people
    expected = {
        pb.OPENING_KIND_NORM: "payload",
        pb.OPENING_KIND_ALIGNMENT: "reference",
        pb.OPENING_KIND_AGGREGATE: "total",
    }
    chain.answer(round_id, stages=1)
    length = openings.due_jobs(chain.view, chain.params)[9]
    payload = chain.contribution(round_id, people[1]).payload
    assert (length.payload, length.other, length.check) == ((scope, payload), None, 1)
    assert (length.coin, length.contributor) == (chain.round(round_id).coin, people[1].address)
    for kind, other in expected.items():
        chain.answer(round_id, stages=1)
        job = openings.due_jobs(chain.view, chain.params)[1]
        record = chain.round(round_id)
        second = payload if other == "payload" else getattr(record, other)
        assert (job.kind, job.payload, job.other) == (kind, (scope, payload), (scope, second))
        assert job.relin_key == (keys.key_scope(record.key_id), chain.key_of(round_id).relin_key)
        assert job.coin == b""


def test_the_references_jobs_use_its_own_coin_and_no_contributor(chain: Chain) -> None:
    round_id = chain.open_round()
    chain.answer(round_id, stages=1)
    job = openings.due_jobs(chain.view, chain.params)[0]
    record = chain.round(round_id)
    assert (job.coin, job.contributor) == (record.reference_coin, b"")
    assert job.payload == (keys.round_scope(round_id), record.reference)


def test_a_computed_opening_awaits_shares_and_keeps_its_ciphertext(chain: Chain) -> None:
    round_id = chain.open_round()
    chain.answer(round_id, stages=1)
    (first, *_) = due(chain)
    openings.complete_job(chain.ctx, first, 2**71, b"d" * 32)
    opening = chain.view.require(Opening, keys.opening(first))
    assert (opening.computed, int.from_bytes(opening.constant, "little"), opening.c1) == (
        True,
        2**71,
        b"d" * 32,
    )
    assert openings.is_news(chain.view, first, opening.key_id, 0, bytes(16))
    again = scoring_queue.job(chain.view, opening)
    assert again.opening == first


def test_withdrawn_openings_are_passed_over(chain: Chain) -> None:
    first, second = chain.revealed(3), chain.revealed(2)
    chain.answer(first, stages=1)
    chain.answer(second, stages=1)
    compute(chain)  # twenty of the first round's twenty-four
    chain.end_block(61)  # nobody answers: both expire
    assert due(chain) == []
    third = chain.revealed(2)
    chain.answer(third, stages=1)
    assert due(chain) == [opening.id for opening in chain.asked(third)]


def test_the_head_of_the_queue_does_not_stay_behind_withdrawn_openings(chain: Chain) -> None:
    chain.ready_key()
    first = scoring_queue.ask(chain.ctx, 1, 0, [Question(pb.OPENING_KIND_NORM)] * 5)
    scoring_queue.drop(chain.ctx, first, 5)
    record = counters.load(chain.view)
    assert record.next_job == record.next_opening == first + 5


def test_the_head_is_always_a_waiting_job_or_the_end(chain: Chain) -> None:
    """Withdrawn runs in the middle and coins are passed at once: no block looks through them again."""

    def head() -> int:
        record = counters.load(chain.view)
        waiting = [
            o.id
            for o in map(Opening.FromString, dict(chain.view.iterate(keys.OPENING)).values())
            if not o.computed
        ]
        assert record.next_job == min(waiting, default=record.next_opening)
        return record.next_job

    rounds = [chain.revealed(3) for _ in range(3)]
    head()
    for round_id in rounds:
        chain.answer(round_id, stages=1)
    first, second, third = ([opening.id for opening in chain.asked(ident)] for ident in rounds)
    assert head() == first[0]
    scoring_queue.drop(chain.ctx, second[0], len(second))
    assert head() == first[0]
    for _ in range(2):
        compute(chain)
        head()
    assert counters.load(chain.view).next_job == third[16]
    compute(chain)
    assert head() == third[-1] + 1
    chain.open_round(scoring_window=1000)
    assert head() == counters.load(chain.view).next_opening  # a coin is nothing to compute


def test_a_coin_needs_no_ciphertext(chain: Chain) -> None:
    round_id = chain.open_round()
    (coin,) = chain.asked(round_id)
    assert coin.computed
    assert due(chain) == []
    assert openings.is_news(chain.view, coin.id, coin.key_id, 0, bytes(16))
    (item,) = openings.awaited(chain.view, chain.seats[0].validator)
    assert (item.opening, item.kind, item.member, item.c1, item.job) == (
        coin.id,
        pb.OPENING_KIND_COIN,
        0,
        b"",
        None,
    )


def test_completing_what_is_not_there_is_a_fault_of_the_program(chain: Chain) -> None:
    with pytest.raises(RuntimeError):
        openings.complete_job(chain.ctx, 99, 0, bytes(32))
