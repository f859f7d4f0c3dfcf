"""The clock of a scoring window stands still while a round's jobs wait behind other rounds' jobs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.chain import BALANCE, Chain, Scores

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key
from assay.state import counters, openings, schedule, scoring_queue
from assay.state.ceremony import records
from assay.state.rounds import deadlines
from assay.state.rules import keys, outcomes
from assay.state.rules.scalars import MAX_SHARES
from assay.state.scoring_queue import Question

WINDOW, WORK, PEOPLE = 60, 8, 7
LENGTH_BLOCKS = PEOPLE * 8 // WORK
"""Blocks that the length checks of one round take."""


def rounds_in_scoring(chain: Chain, count: int) -> list[int]:
    """Rounds of seven whose coins are opened in the same block: each waits for the ones before it."""
    made = [chain.revealed(PEOPLE, bounty=1000, scoring_fee=0) for _ in range(count)]
    chain.params.scoring_block_work = WORK
    for round_id in made:
        chain.answer(round_id, stages=1)
    return made


def waits(chain: Chain, round_id: int) -> bool:
    record = chain.round(round_id)
    return scoring_queue.is_waiting(chain.view, record.first_opening, record.asked)


def until_computed(chain: Chain, round_id: int) -> int:
    """Go to the block in which the last job of a round's stage is computed; return its height."""
    while waits(chain, round_id):
        chain.end_block()
    return chain.height


@pytest.mark.parametrize("count", [2, 14])
def test_a_round_is_not_expired_by_the_work_of_others(chain: Chain, count: int) -> None:
    made = rounds_in_scoring(chain, count)
    begun, last = chain.height, made[-1]
    computed = until_computed(chain, last)
    assert computed == begun + count * LENGTH_BLOCKS  # of 14: far beyond the window
    record = chain.round(last)
    assert (record.status, record.deadline) == (pb.ROUND_STATUS_SCORING, computed + WINDOW)
    chain.end_block(WINDOW - 1)
    chain.answer(last, Scores(by_sender={who.address: {"alignment": 0.3} for who in chain.people}))
    assert chain.round(last).status == pb.ROUND_STATUS_SETTLED


def test_the_committee_has_the_rest_of_the_window_and_not_a_block_more(chain: Chain) -> None:
    *_, last = rounds_in_scoring(chain, 14)
    computed = until_computed(chain, last)
    chain.end_block(WINDOW)
    assert (chain.height, chain.round(last).status) == (computed + WINDOW, pb.ROUND_STATUS_SCORING)
    chain.end_block()
    record = chain.round(last)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_EXPIRED, outcomes.NO_ANSWER)
    assert chain.balance(chain.owner) == BALANCE


def test_blocks_in_which_the_committee_could_answer_are_not_given_back(chain: Chain) -> None:
    first, second = rounds_in_scoring(chain, 2)
    until_computed(chain, first)
    chain.end_block(20)
    left = chain.round(first).deadline - chain.height
    assert left == WINDOW - 20
    chain.answer(first, stages=1)  # the norms are asked for: seven blocks of products
    computed = until_computed(chain, first)
    assert chain.round(first).deadline == computed + left
    assert chain.round(second).deadline == chain.round(second).window_left + computed - 27 + LENGTH_BLOCKS


def test_of_many_rounds_that_end_at_one_height_a_block_takes_some(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "MOST", 1)
    made = [chain.opened() for _ in range(3)]
    (deadline,) = {chain.round(round_id).deadline for round_id in made}
    chain.end_block(deadline - chain.height)
    ended = []
    for _ in range(3):
        chain.end_block()
        ended.append([chain.round(round_id).ended for round_id in made])
    assert ended == [[deadline, 0, 0], [deadline, deadline + 1, 0], [deadline, deadline + 1, deadline + 2]]


def test_a_round_that_waits_for_its_end_may_still_be_answered(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "MOST", 0)
    (only,) = rounds_in_scoring(chain, 1)
    until_computed(chain, only)
    chain.end_block(WINDOW + 2)
    assert chain.round(only).deadline < chain.height
    chain.answer(only, stages=1)
    assert (chain.round(only).stage, chain.round(only).window_left) == (pb.SCORING_STAGE_NORM, 0)
    monkeypatch.undo()
    until_computed(chain, only)
    chain.end_block()
    assert chain.round(only).status == pb.ROUND_STATUS_EXPIRED


def test_what_is_asked_later_delays_nobody(chain: Chain) -> None:
    """An attacker who opens rounds all the time moves no deadline of those that stand before it."""
    *_, last = rounds_in_scoring(chain, 3)
    expected = chain.height + 3 * LENGTH_BLOCKS
    flood = [chain.open_round(bounty=1000, scoring_fee=0, scoring_window=1000) for _ in range(50)]
    while waits(chain, last):
        for _ in range(2):
            chain.answer(flood.pop(), stages=1)  # eight more jobs, twice a block: more than a block takes
        chain.end_block()
    assert chain.height == expected


def test_a_reference_waits_its_turn_too(chain: Chain) -> None:
    rounds_in_scoring(chain, 10)
    chain.params.scoring_block_work = 512  # or a window of 60 would be refused
    pending = chain.open_round()
    chain.params.scoring_block_work = WORK
    chain.answer(pending, stages=1)
    computed = until_computed(chain, pending)
    record = chain.round(pending)
    assert (record.status, record.deadline) == (pb.ROUND_STATUS_PENDING, computed + WINDOW)


def test_no_more_is_computed_than_the_committee_can_answer(chain: Chain) -> None:
    rounds = [chain.revealed(PEOPLE, bounty=1000, scoring_fee=0) for _ in range(6)]
    for round_id in rounds:
        chain.answer(round_id, stages=1)
    asked = sum(len(chain.asked(round_id)) for round_id in rounds)
    assert MAX_SHARES < asked < chain.params.scoring_block_work
    assert len(openings.due_jobs(chain.view, chain.params)) == MAX_SHARES
    assert len(openings.due_jobs(chain.view, chain.params, blocks=2)) == asked


def test_the_deadline_that_is_told_is_the_one_that_holds(chain: Chain) -> None:
    *_, last = rounds_in_scoring(chain, 2)
    until_computed(chain, last)
    told = [event for event in chain.told("computed") if event["id"] == str(last)]
    assert [(event["openings"], event["deadline"]) for event in told[-1:]] == [
        ("56", str(chain.round(last).deadline))
    ]
    assert keys.deadline(chain.round(last).deadline, keys.DEADLINE_ROUND, last) in dict(
        chain.view.iterate(keys.DEADLINE)
    )


def test_the_queue_ends_though_nobody_answers(chain: Chain) -> None:
    """Every round expires, in bounded time: the jobs before it in the queue, and its window."""
    made = rounds_in_scoring(chain, 9)
    begun = chain.height
    chain.end_block(9 * LENGTH_BLOCKS + WINDOW + 1)
    assert chain.height == begun + 9 * LENGTH_BLOCKS + WINDOW + 1
    assert {chain.round(round_id).status for round_id in made} == {pb.ROUND_STATUS_EXPIRED}
    record = counters.load(chain.view)
    assert record.next_job == record.next_opening


def test_a_key_is_not_failed_because_its_self_test_waits_for_others(chain: Chain) -> None:
    rounds_in_scoring(chain, 14)
    key = key_in_self_test(chain)
    while scoring_queue.is_waiting(chain.view, key.test_opening, 1):
        chain.end_block()
        key = chain.view.require(Key, keys.committee_key(key.id))
        assert key.status == pb.KEY_STATUS_SELF_TEST
    assert chain.height > key.created + chain.params.ceremony_window
    assert key.deadline == chain.height + chain.params.ceremony_window
    chain.end_block(chain.params.ceremony_window + 1)
    key = chain.view.require(Key, keys.committee_key(key.id))
    assert (key.status, key.failure) == (pb.KEY_STATUS_FAILED, outcomes.KEY_NO_ANSWER)


def key_in_self_test(chain: Chain) -> Key:
    """A key that has just asked for its self-test."""
    key = chain.ready_key()
    key.status, key.created = pb.KEY_STATUS_SELF_TEST, chain.height
    scope = keys.key_scope(key.id)
    key.test_payloads.extend(chain.view.put_bulk(scope, data) for data in (b"one", b"other"))
    key.deadline = chain.height + chain.params.ceremony_window
    schedule.put(chain.view, key.deadline, keys.DEADLINE_KEY, key.id)
    key.test_opening = scoring_queue.ask(chain.ctx, key.id, 0, [Question(pb.OPENING_KIND_SELF_TEST)])
    records.save(chain.view, key)
    return key


@settings(max_examples=15, deadline=None)
@given(
    work=st.sampled_from([1, 8, 100]),
    delays=st.lists(st.integers(0, 10), min_size=2, max_size=5),
)
def test_a_committee_that_answers_in_time_never_lets_a_round_expire(work: int, delays: list[int]) -> None:
    """Five answers, each up to ten blocks after it could be given, are within any window of 60."""
    chain = Chain()
    chain.end_block()
    made = [chain.revealed(3, bounty=1000, scoring_fee=0) for _ in delays]
    chain.params.scoring_block_work = work
    scores = Scores(by_sender={who.address: {"alignment": 0.3} for who in chain.people})
    owed = dict.fromkeys(made, chain.height)
    while owed:
        for round_id, delay in zip(made, delays, strict=True):
            if round_id not in owed:
                continue
            if waits(chain, round_id):
                owed[round_id] = chain.height + 1
            elif chain.height >= owed[round_id] + delay:
                chain.answer(round_id, scores, stages=1)
                owed[round_id] = chain.height
            if chain.round(round_id).ended:
                assert chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
                del owed[round_id]
        chain.end_block()
