"""Shares come in, opened values go out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee
from tests.state.live import Live, direction, unit

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Decided, Opening
from assay.proto.tx_pb2 import MsgAcknowledgeRelease, ShareRun, VoteExtension
from assay.state import faults, openings
from assay.state.ceremony import pool
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
    for _ in range(2):
        openings.record_share(ctx, coin.id, 1, bytes(16))
    openings.record_share(ctx, coin.id, 1, b"\x01" + bytes(15))
    kept = four.chain.view.require(Opening, keys.opening(coin.id)).shares
    assert [(share.member, share.share) for share in kept] == [(1, bytes(16))]
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


def test_a_wrong_share_of_one_member_in_four_changes_nothing_but_its_seat(four: Live) -> None:
    four.committee.liars = {1}
    reference = direction(1)
    round_id = four.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
    assert four.chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
    assert {member for _, member in named(four)} == {1}
    assert 1 not in [seat.validator[0] for seat in pool.choose_members(four.chain.ctx)]


def named(live: Live) -> set[tuple[int, int]]:
    """Key and member of every wrong score share that was named."""
    found = list(faults.listed(live.chain.view))
    assert all(fault.kind == pb.FAULT_KIND_WRONG_SCORE_SHARE for fault in found)
    return {(fault.key_id, fault.member) for fault in found}


def test_a_wrong_share_that_comes_after_the_decision_names_its_author(four: Live) -> None:
    round_id = four.open_round(direction(1))
    (coin,) = four.chain.asked(round_id)
    extensions = four.committee.extensions()
    for extension in extensions[:3]:
        openings.record_extension(four.chain.ctx, *extension)
    assert four.chain.round(round_id).reference_coin
    openings.record_extension(four.chain.ctx, *extensions[3])
    assert named(four) == set()
    right = extensions[3][1].runs[0].shares
    assert not openings.is_news(four.chain.view, coin.id, four.key.id, 3, right)
    wrong = bytes([right[0] ^ 1]) + right[1:]
    assert openings.is_news(four.chain.view, coin.id, four.key.id, 3, wrong)
    openings.record_share(four.chain.ctx, coin.id, 3, wrong)
    assert named(four) == {(four.key.id, 3)}
    assert not openings.is_news(four.chain.view, coin.id, four.key.id, 3, wrong), "it is named already"


def remembered(live: Live) -> list[Decided]:
    """What the committed state remembers of the round's key."""
    found = [Decided.FromString(data) for _, data in live.chain.memory.iterate(keys.DECIDED)]
    return [record for record in found if record.key_id == live.key.id]


def test_what_is_remembered_of_openings_ends_with_their_key(four: Live) -> None:
    reference = direction(1)
    round_id = four.whole_round(reference, [unit(reference + direction(s)) for s in (2, 3)])
    # Self-test, two coins, lengths and norms of reference and both updates, their alignments and aggregates.
    assert len(remembered(four)) == 1 + 2 + 3 * 9 + 2 * 2
    assert max(record.ByteSize() for record in remembered(four)) < 64
    four.committee.block()
    four.chain.run("acknowledge_release", four.chain.owner, MsgAcknowledgeRelease(round_id=round_id))
    four.chain.end_block()
    openings.record_share(four.chain.ctx, 1, 0, b"\x01" * 16)  # the self-test of a key that is no more
    assert named(four) == set()
    assert remembered(four) == list(four.chain.memory.iterate(keys.masks(four.key.id))) == []


# --- whose extensions are worth their bytes --------------------------------------------------


def answer_to(opening: int) -> VoteExtension:
    return VoteExtension(version=1, runs=[ShareRun(first=opening, shares=bytes(32))])


def test_an_extension_is_carried_for_a_member_of_what_it_answers_or_of_a_key_of_the_pool() -> None:
    chain = Chain(seats=5)
    (asked,) = chain.asked(chain.open_round())
    members, other = [seat.validator for seat in chain.seats[:4]], chain.seats[4].validator
    answer, nothing = answer_to(asked.id), answer_to(asked.id + 50)
    assert all(openings.is_members(chain.view, member, answer) for member in members)
    assert openings.is_members(chain.view, members[0], answer_to(asked.id - 1)), "its second share answers"
    assert not openings.is_members(chain.view, other, answer)
    assert not openings.is_members(chain.view, members[0], nothing)
    chain.end_block()  # a key is begun
    assert openings.is_members(chain.view, members[0], nothing)
    assert not openings.is_members(chain.view, other, nothing)


def test_a_share_is_owed_until_it_is_there_or_nobody_would_count_it(four: Live) -> None:
    round_id = four.open_round(direction(1))
    (asked,) = four.chain.asked(round_id)
    validator = four.chain.seats[3].validator
    (item,) = openings.awaited(four.committee.committed(), validator)
    four.committee.silent = {3}
    four.committee.block()
    assert four.chain.view.get(keys.opening(asked.id)) is None, "the others were enough"
    assert openings.is_owed(four.chain.view, item)
    openings.record_share(four.chain.ctx, asked.id, 3, four.committee.share(item))
    assert not openings.is_owed(four.chain.view, item)
    unknown = replace(item, opening=asked.id + 500)
    assert not openings.is_owed(four.chain.view, unknown)
