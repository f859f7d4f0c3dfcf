"""Opening, committing, revealing, cancelling: who may, when, and what it costs."""

from __future__ import annotations

import pytest
from tests.state.chain import BALANCE, Chain

from assay.proto import state_pb2 as pb
from assay.proto.tx_pb2 import MsgCancelRound, MsgCommit
from assay.state.rules import errors, keys, outcomes


def cancel(chain: Chain, round_id: int) -> None:
    chain.run("cancel_round", chain.owner, MsgCancelRound(round_id=round_id))


# --- opening -----------------------------------------------------------------


def test_opening_moves_bounty_and_fee_into_the_rounds_own_escrow(chain: Chain) -> None:
    round_id = chain.open_round()
    record = chain.round(round_id)
    assert record.status == pb.ROUND_STATUS_PENDING
    assert record.escrowed == chain.escrow(round_id) == 1_040_001
    assert chain.balance(chain.owner) == BALANCE - 1_040_001
    assert (record.ciphertexts, record.created, record.deadline) == (1, chain.height, chain.height + 60)


def test_a_round_takes_its_key_and_no_other_round_can(chain: Chain) -> None:
    message = chain.terms()
    chain.run("open_round", chain.owner, message)
    key = chain.key_of(1)
    assert (key.status, key.round_id) == (pb.KEY_STATUS_TAKEN, 1)
    with pytest.raises(errors.KeyNotReady):
        chain.run("open_round", chain.owner, message)


def test_the_reference_coin_is_asked_for_only_after_the_reference_is_fixed(chain: Chain) -> None:
    round_id = chain.open_round()
    (coin,) = chain.asked(round_id)
    assert coin.kind == pb.OPENING_KIND_COIN
    assert chain.view.get_bulk(keys.round_scope(round_id), chain.round(round_id).reference) is not None


# --- commitments -------------------------------------------------------------


def test_a_pending_round_takes_no_commitment(chain: Chain) -> None:
    round_id = chain.open_round()
    sub = chain.submission(round_id, 0)
    with pytest.raises(errors.CommitsClosed):
        chain.run("commit", sub.sender, sub.commit)


def test_a_commitment_puts_down_the_deposit(chain: Chain) -> None:
    round_id = chain.opened()
    sub = chain.submission(round_id, 0)
    chain.run("commit", sub.sender, sub.commit)
    assert chain.balance(sub.sender) == BALANCE - 10_000
    assert chain.escrow(round_id) == chain.round(round_id).escrowed == 1_050_001
    item = chain.contribution(round_id, sub.sender)
    assert (item.index, item.status, item.committed_height) == (
        0,
        pb.CONTRIBUTION_STATUS_COMMITTED,
        chain.height,
    )


def test_the_owner_may_not_contribute(chain: Chain) -> None:
    round_id = chain.opened()
    with pytest.raises(errors.OwnRound):
        chain.run("commit", chain.owner, MsgCommit(round_id=round_id, commitment=bytes(32)))


def test_an_account_commits_once(chain: Chain) -> None:
    round_id = chain.opened()
    sub = chain.submission(round_id, 0)
    chain.run("commit", sub.sender, sub.commit)
    with pytest.raises(errors.AlreadyCommitted):
        chain.run("commit", sub.sender, MsgCommit(round_id=round_id, commitment=bytes(32)))


def test_a_commitment_has_32_bytes(chain: Chain) -> None:
    round_id = chain.opened()
    for size in (0, 31, 33):
        with pytest.raises(errors.BadCommitment):
            chain.run("commit", chain.people[0], MsgCommit(round_id=round_id, commitment=bytes(size)))


def test_who_cannot_pay_the_deposit_cannot_commit(chain: Chain) -> None:
    round_id = chain.opened(deposit=BALANCE + 1)
    sub = chain.submission(round_id, 0)
    with pytest.raises(errors.InsufficientFunds):
        chain.run("commit", sub.sender, sub.commit)


def test_a_full_round_goes_on_at_once_and_takes_nobody_else(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    for number in range(2):
        assert chain.round(round_id).status == pb.ROUND_STATUS_OPEN
        sub = chain.submission(round_id, number)
        chain.run("commit", sub.sender, sub.commit)
    record = chain.round(round_id)
    assert (record.status, record.deadline) == (pb.ROUND_STATUS_REVEAL, chain.height + 10)
    late = chain.submission(round_id, 2)
    with pytest.raises(errors.RoundFull):
        chain.run("commit", late.sender, late.commit)


def test_commitments_are_taken_up_to_and_including_the_deadline(chain: Chain) -> None:
    round_id = chain.opened()
    deadline = chain.round(round_id).deadline
    for number in range(2):
        sub = chain.submission(round_id, number)
        chain.run("commit", sub.sender, sub.commit)
    chain.end_block(deadline - chain.height)
    assert chain.height == deadline
    sub = chain.submission(round_id, 2)
    chain.run("commit", sub.sender, sub.commit)
    chain.end_block()
    assert chain.round(round_id).status == pb.ROUND_STATUS_REVEAL
    late = chain.submission(round_id, 3)
    with pytest.raises(errors.CommitsClosed):
        chain.run("commit", late.sender, late.commit)


def test_too_few_commitments_give_everything_back_but_the_fee(chain: Chain) -> None:
    round_id = chain.opened()
    sub = chain.submission(round_id, 0)
    chain.run("commit", sub.sender, sub.commit)
    chain.end_block(11)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcomes.TOO_FEW_COMMITTED)
    assert chain.balance(sub.sender) == BALANCE
    assert chain.balance(chain.owner) == BALANCE - 40_001
    assert chain.balance(chain.operators[0]) == 40_001
    item = chain.contribution(round_id, sub.sender)
    assert (item.status, item.deposit_returned) == (pb.CONTRIBUTION_STATUS_RETURNED, 10_000)
    assert chain.key_of(round_id).status == pb.KEY_STATUS_RETIRED


# --- reveals -----------------------------------------------------------------


def test_a_reveal_is_refused_before_the_window(chain: Chain) -> None:
    pending = chain.open_round()
    opened = chain.opened()
    for round_id in (pending, opened):
        with pytest.raises(errors.RevealEarly):
            chain.run("reveal", chain.people[0], chain.submission(round_id, 0).reveal)


def test_a_reveal_is_refused_after_the_window(chain: Chain) -> None:
    round_id = chain.revealed(2)
    with pytest.raises(errors.RevealLate):
        chain.run("reveal", chain.people[0], chain.submission(round_id, 0).reveal)


def test_a_reveal_is_kept_with_its_payload(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    subs = [chain.submission(round_id, n, reserve=77) for n in range(2)]
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    chain.run("reveal", subs[0].sender, subs[0].reveal)
    item = chain.contribution(round_id, subs[0].sender)
    assert (item.status, item.reserve) == (pb.CONTRIBUTION_STATUS_REVEALED, 77)
    assert chain.view.get_bulk(keys.round_scope(round_id), item.payload) == subs[0].payload
    with pytest.raises(errors.AlreadyRevealed):
        chain.run("reveal", subs[0].sender, subs[0].reveal)


def test_the_last_reveal_begins_the_scoring_at_once(chain: Chain) -> None:
    round_id = chain.revealed(2)
    record = chain.round(round_id)
    assert (record.status, record.stage) == (pb.ROUND_STATUS_SCORING, pb.SCORING_STAGE_COIN)
    assert record.deadline == chain.height + 60
    assert [opening.kind for opening in chain.asked(round_id)] == [pb.OPENING_KIND_COIN]


def test_who_does_not_reveal_loses_the_deposit_and_the_rest_goes_on(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=3)
    subs = [chain.submission(round_id, n) for n in range(3)]
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    for sub in subs[:2]:
        chain.run("reveal", sub.sender, sub.reveal)
    chain.end_block(11)
    record = chain.round(round_id)
    assert (record.status, record.burned) == (pb.ROUND_STATUS_SCORING, 10_000)
    assert chain.contribution(round_id, subs[2].sender).status == pb.CONTRIBUTION_STATUS_NOT_REVEALED
    chain.answer(round_id)
    assert chain.balance(subs[2].sender) == BALANCE - 10_000


def test_too_few_reveals_refund_the_round_and_burn_only_the_silent(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    subs = [chain.submission(round_id, n) for n in range(2)]
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)
    chain.run("reveal", subs[0].sender, subs[0].reveal)
    chain.end_block(11)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_REFUNDED, outcomes.TOO_FEW_REVEALED)
    assert chain.balance(subs[0].sender) == BALANCE
    assert chain.balance(subs[1].sender) == BALANCE - 10_000
    assert (record.burned, record.refunded, record.paid) == (10_000, 1_010_000, 40_001)
    assert chain.view.get_bulk(keys.round_scope(round_id), record.reference) is None


# --- cancelling --------------------------------------------------------------


def test_cancelling_gives_the_bounty_back_and_keeps_the_fee_for_the_key_it_has_used_up(chain: Chain) -> None:
    round_id = chain.open_round()
    cancel(chain, round_id)
    record = chain.round(round_id)
    assert (record.status, record.outcome) == (pb.ROUND_STATUS_CANCELLED, outcomes.CANCELLED)
    assert chain.balance(chain.owner) == BALANCE - 40_001
    assert chain.balance(chain.operators[0]) == 40_001
    assert chain.asked(round_id) == []
    assert chain.key_of(round_id).status == pb.KEY_STATUS_RETIRED


def test_cancelling_later_costs_the_same(chain: Chain) -> None:
    begun = chain.open_round()
    chain.answer(begun, stages=1)
    cancel(chain, begun)
    opened = chain.opened()
    cancel(chain, opened)
    assert chain.balance(chain.owner) == BALANCE - 2 * 40_001
    assert chain.balance(chain.operators[0]) == 2 * 40_001


def test_a_round_with_a_commitment_cannot_be_cancelled(chain: Chain) -> None:
    round_id = chain.opened()
    sub = chain.submission(round_id, 0)
    chain.run("commit", sub.sender, sub.commit)
    with pytest.raises(errors.RoundHasCommitments):
        cancel(chain, round_id)


def test_a_round_is_cancelled_once_and_by_its_owner(chain: Chain) -> None:
    round_id = chain.open_round()
    with pytest.raises(errors.NotRoundOwner):
        chain.run("cancel_round", chain.people[0], MsgCancelRound(round_id=round_id))
    cancel(chain, round_id)
    with pytest.raises(errors.CancelTooLate):
        cancel(chain, round_id)
    with pytest.raises(errors.RoundNotFound):
        cancel(chain, 99)
