"""Committee messages: admitted only where awaited, from whom, and in what size."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID
from tests.state.live import Live, direction

from assay.crypto import accounts
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.tx_pb2 import CommitteeBody
from assay.state import faults, openings, scoring_queue
from assay.state.ceremony.slots import Awaited
from assay.state.check import MempoolView
from assay.state.envelope import CommitteeMessage
from assay.state.handlers import committee
from assay.state.overlay import Overlay
from assay.state.rules import errors
from assay.state.scoring_queue import Question
from assay.state.transition import Block, execute


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(), tmp_path))


@pytest.fixture
def four(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=4), tmp_path))


@pytest.fixture(params=[1, 4], ids=["one", "four"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=request.param), tmp_path))


def test_shares_are_also_taken_as_committee_messages(live: Live) -> None:
    round_id = live.open_round(direction(1))
    validator, key = live.chain.seats[0].validator, live.key
    for _ in range(10):
        live.committee.complete_jobs()
        live.chain.end_block()
        wanted = list(openings.awaited(live.committee.committed(), validator))
        data = b"".join(live.committee.share(item) for item in wanted)
        if wanted:
            body = Awaited(tx_pb2.COMMITTEE_PHASE_SHARES, wanted[0].opening, len(data))
            live.committee.send(live.committee.sign(key, 0, body, data))
        if live.chain.round(round_id).status == pb.ROUND_STATUS_OPEN:
            return
    raise AssertionError("the reference was not checked")


def test_a_share_message_must_name_openings_that_await_it(live: Live) -> None:
    round_id = live.open_round(direction(1))
    (coin,) = live.chain.asked(round_id)
    phase = tx_pb2.COMMITTEE_PHASE_SHARES

    def refused(error: type[Exception], slot: int, data: bytes) -> None:
        message = live.committee.sign(live.key, 0, Awaited(phase, slot, len(data)), data)
        with pytest.raises(error):
            live.committee.send(message)

    share = bytes(16)
    refused(errors.NotAwaited, coin.id + 1, share)
    refused(errors.NotAwaited, coin.id, 2 * share)
    refused(errors.NotAwaited, coin.id, b"")
    refused(errors.NotAwaited, coin.id, share[1:])
    refused(errors.NotAwaited, coin.id, 257 * share)
    refused(errors.NotAwaited, 2**64 - 1, share)
    refused(errors.BadCommitteeData, coin.id, SMALL.modulus.to_bytes(16, "little"))
    stranger = live.committee.sign(live.key, 0, Awaited(phase, coin.id, 16), share)
    stranger.signature = bytes(64)
    with pytest.raises(errors.BadCommitteeSignature):
        live.committee.send(stranger)


def test_a_committee_message_is_of_a_known_version_key_and_member(live: Live) -> None:
    live.chain.end_block()
    message = live.committee.messages()
    body = CommitteeBody(version=2, key_id=live.key.id)
    for changes, error in (
        ({"version": 2}, errors.CommitteeMalformed),
        ({"key_id": 999}, errors.NotAwaited),
        ({"member": 1}, errors.NotAwaited),
        ({"phase": tx_pb2.COMMITTEE_PHASE_JOIN}, errors.NotAwaited),
        ({"phase": 0}, errors.NotAwaited),
    ):
        body = CommitteeBody(
            version=1, key_id=live.key.id, phase=tx_pb2.COMMITTEE_PHASE_SHARES, data=bytes(16)
        )
        for field, value in changes.items():
            setattr(body, field, value)
        signed = live.committee.sign(live.key, 0, Awaited(body.phase, 0, 16), bytes(16))
        signed.body.CopyFrom(body)
        with pytest.raises(error):
            live.committee.send(signed)
    assert message == []


# --- the mempool ---------------------------------------------------------------------------


def pool_of(live: Live) -> MempoolView:
    chain = live.chain
    return MempoolView(CHAIN_ID, chain.height - 1, chain.params, live.committee.committed())


def waiting_lengths(live: Live) -> list[int]:
    """Bring a round to where eight shares of its reference are awaited; return the openings."""
    live.open_round(direction(1))
    while (
        len(wanted := list(openings.awaited(live.committee.committed(), live.chain.seats[0].validator))) < 8
    ):
        live.committee.complete_jobs()
        if len(wanted) == 1:
            live.committee.block()
        live.chain.end_block()
    return [item.opening for item in wanted]


def shares(live: Live, first: int, count: int, share: bytes = bytes(16)) -> CommitteeMessage:
    item = Awaited(tx_pb2.COMMITTEE_PHASE_SHARES, first, 16 * count)
    return live.committee.sign(live.key, 0, item, share * count)


def test_messages_with_shares_of_the_same_opening_do_not_wait_together(four: Live) -> None:
    ids, view = waiting_lengths(four), pool_of(four)
    view.admit_committee(shares(four, ids[2], 3))
    for first, count in ((ids[2], 1), (ids[1], 2), (ids[4], 4), (ids[0], 8), (ids[2], 3)):
        with pytest.raises(errors.NotAwaited, match="waiting"):
            view.admit_committee(shares(four, first, count))
    view.admit_committee(shares(four, ids[0], 2))
    view.admit_committee(shares(four, ids[5], 3))


def test_a_committee_message_is_rechecked_without_its_signature_and_data(
    four: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = waiting_lengths(four)
    message, stale = shares(four, ids[0], 8), shares(four, ids[-1] + 1, 1)
    monkeypatch.setattr(accounts, "verify", None)
    monkeypatch.setattr(committee, "_check_data", None)
    view = pool_of(four)
    view.recheck_committee(message)
    with pytest.raises(errors.NotAwaited, match="waiting"):
        view.recheck_committee(message)
    with pytest.raises(errors.NotAwaited):
        view.recheck_committee(stale)


def test_shares_that_nobody_signed_are_not_judged_one_by_one(
    four: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, judged = waiting_lengths(four), []
    forged = shares(four, ids[0], 8)
    forged.signature = bytes(64)
    monkeypatch.setattr(openings, "is_news", lambda *given: judged.append(given) or True)
    for refuse in (partial(committee.check, four.chain.ctx), pool_of(four).admit_committee):
        with pytest.raises(errors.BadCommitteeSignature):
            refuse(forged)
    assert judged == []
    committee.check(four.chain.ctx, shares(four, ids[0], 8))
    assert len(judged) == 8


def test_a_message_is_taken_for_the_shares_in_it_that_are_news(four: Live) -> None:
    ids = waiting_lengths(four)
    four.committee.send(shares(four, ids[0], 3))
    with pytest.raises(errors.NotAwaited, match="none of openings"):
        four.committee.send(shares(four, ids[0], 3))
    four.committee.send(shares(four, ids[0], 4))
    with pytest.raises(errors.NotAwaited, match="none of openings"):
        four.committee.send(shares(four, ids[3], 1))
    four.committee.send(shares(four, ids[3], 1, b"\x01" + bytes(15)))  # it said something else before
    assert [fault.member for fault in faults.listed(four.chain.view)] == [0]
    with pytest.raises(errors.NotAwaited, match="none of openings"):
        four.committee.send(shares(four, ids[3], 1, b"\x02" + bytes(15)))


def test_a_share_is_not_taken_for_the_opening_of_another_key(four: Live) -> None:
    ids = waiting_lengths(four)
    other = four.chain.ready_key()
    asked = scoring_queue.ask(four.chain.ctx, other.id, 1, [Question(pb.OPENING_KIND_COIN)])
    assert asked == ids[-1] + 1
    with pytest.raises(errors.NotAwaited, match="neither awaits nor remembers"):
        four.committee.send(shares(four, ids[-1], 2))


def test_only_messages_that_are_taken_use_up_the_bytes_of_a_block(four: Live) -> None:
    ids = waiting_lengths(four)
    half = four.chain.params.committee_block_bytes // 2
    refused, first, second, third = (shares(four, n, 1) for n in (ids[-1] + 1, *ids[:3]))
    refused.size, first.size, second.size, third.size = 2 * half, half, half, 1
    block = Block(four.chain.height, [refused, first, second, third], [], {})
    results = execute(Overlay(four.committee.committed()), CHAIN_ID, block).tx_results
    assert [result.code for result in results] == [errors.NotAwaited.code, 0, 0, errors.CommitteeBytes.code]
