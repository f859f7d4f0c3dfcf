"""Shares come in, opened values go out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee
from tests.state.live import Live, direction, unit

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Opening
from assay.state import openings
from assay.state.rules import keys


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(), tmp_path))


@pytest.fixture
def four(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=4), tmp_path))


@pytest.fixture(params=[1, 4], ids=["one", "four"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=request.param), tmp_path))


def test_an_opening_that_is_not_computed_takes_no_share(live: Live) -> None:
    round_id = live.open_round(direction(1))
    for _ in range(3):
        live.chain.end_block()
        for validator, extension in live.committee.extensions():
            openings.record_extension(live.chain.ctx, validator, extension)
    asked = live.chain.asked(round_id)
    assert [opening.kind for opening in asked] == [pb.OPENING_KIND_LENGTH] * 8
    openings.record_share(live.chain.ctx, asked[0].id, 0, bytes(16))
    assert live.chain.view.require(Opening, keys.opening(asked[0].id)).shares == []


def test_unknown_foreign_and_repeated_shares_are_passed_over(four: Live) -> None:
    round_id = four.open_round(direction(1))
    (coin,) = four.chain.asked(round_id)
    ctx = four.chain.ctx
    openings.record_share(ctx, coin.id + 5, 0, bytes(16))
    openings.record_share(ctx, coin.id, 0, b"\xff" * 16)  # not reduced
    openings.record_share(ctx, coin.id, 1, bytes(16))
    openings.record_share(ctx, coin.id, 1, b"\x01" + bytes(15))
    kept = four.chain.view.require(Opening, keys.opening(coin.id)).shares
    assert [(share.member, share.share) for share in kept] == [(1, bytes(16))]
    four.committee.liars = set()
    extensions = four.committee.extensions()
    for _, extension in extensions:
        openings.record_extension(ctx, bytes(20 * [99]), extension)  # a validator that sits on no committee
    assert len(four.chain.view.require(Opening, keys.opening(coin.id)).shares) == 1


def test_the_same_shares_in_any_order_open_the_same_value(tmp_path: Path) -> None:
    found = []
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3]):
        four = Live(RealCommittee(Chain(seats=4), tmp_path))  # the same committee files: the same key
        round_id = four.open_round(direction(1))
        extensions = four.committee.extensions()
        for member in order:
            openings.record_extension(four.chain.ctx, *extensions[member])
        found.append(four.chain.round(round_id).reference_coin)
    assert len(set(found)) == 1
    assert len(found[0]) == 32


def test_a_wrong_share_of_one_member_in_four_changes_nothing(four: Live) -> None:
    four.committee.liars = {1}
    reference = direction(1)
    round_id = four.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
    assert four.chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
