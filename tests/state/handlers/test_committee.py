"""Committee messages: admitted only where awaited, from whom, and in what size."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee
from tests.state.live import Live, direction

from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.tx_pb2 import CommitteeBody
from assay.state import openings
from assay.state.ceremony.slots import Awaited
from assay.state.rules import errors


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
