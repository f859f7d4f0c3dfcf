"""What holds for every slash, whatever the stakes and whatever was slashed before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.state.slashing.stakes import Stakes

from assay.proto.staking_pb2 import (
    BOND_STATUS_UNBONDED,
    SLASH_REASON_COMMITTEE_SILENCE,
    SLASH_REASON_DOUBLE_SIGN,
)
from assay.state import slashing
from assay.state.rules.shares import decode_whole, part_of
from assay.state.validators import records

AMOUNTS = st.integers(1, 50) | st.integers(1, 10_000_000)
RATES = st.integers(0, 10_000) | st.sampled_from([1, 500, 10_000])
HEIGHTS = st.integers(80, 100)


@st.composite
def moves(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    """Stake that leaves a validator (target as source) or moves to another, at a height; and who it is."""
    source, target = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    return source, target, draw(AMOUNTS), draw(HEIGHTS), draw(st.integers(0, 2))


@st.composite
def slashes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Whom, since when, what was there, and which part of it."""
    return draw(st.integers(0, 2)), draw(HEIGHTS), draw(AMOUNTS), draw(RATES)


def world(own: list[int], moved: list[tuple[int, int, int, int, int]]) -> Stakes:
    stakes = Stakes()
    for number, amount in enumerate(own):
        stakes.validator(number, amount)
    for source, target, amount, height, who in moved:
        delegator = bytes([who]) * 20
        if source == target:
            stakes.unbonding(source, amount, height, delegator)
        else:
            stakes.redelegation(source, target, amount, height, delegator)
    return stakes


@given(
    own=st.lists(AMOUNTS, min_size=3, max_size=3),
    moved=st.lists(moves(), max_size=6),
    done=st.lists(slashes(), min_size=1, max_size=5),
    leave=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 100)), max_size=3),
)
def test_a_slash_burns_no_more_than_its_part_and_the_pools_stay_what_records_say(
    own: list[int],
    moved: list[tuple[int, int, int, int, int]],
    done: list[tuple[int, int, int, int]],
    leave: list[tuple[int, int, int]],
) -> None:
    stakes = world(own, moved)
    for who, number, percent in leave:
        stakes.undelegate_part(bytes([who]) * 20, number, percent)
    for number, since, stake, rate in done:
        before = stakes.supply()
        burned = slashing.slash(
            stakes.ctx, stakes.record(number), since, stake, rate, SLASH_REASON_DOUBLE_SIGN
        )
        assert 0 <= burned <= part_of(stake, rate)
        assert stakes.supply() == before - burned
        stakes.check_pools()


@given(own=st.lists(AMOUNTS, min_size=3, max_size=3), moved=st.lists(moves(), max_size=6), rate=RATES)
def test_nobody_pays_more_than_its_part(
    own: list[int], moved: list[tuple[int, int, int, int, int]], rate: int
) -> None:
    """The stake being what there was at height 90: what is there now and what has left since."""
    moved.sort(key=lambda item: item[0] != item[1])  # what leaves other validators left before anything came
    stakes = world(own, moved)
    left = [item for item in moved if item[0] == 0 and item[3] >= 90]
    stake = stakes.record(0).tokens + sum(item[2] for item in left)
    tokens = stakes.record(0).tokens
    entries = {entry.id: entry.balance for entry in stakes.leaving()}
    burned = slashing.slash(stakes.ctx, stakes.record(0), 90, stake, rate, SLASH_REASON_DOUBLE_SIGN)
    assert burned == part_of(stake, rate)
    # Every entry rounds its own part down; what that leaves the validator's tokens pay.
    assert part_of(tokens, rate) <= tokens - stakes.record(0).tokens <= part_of(tokens, rate) + 1 + len(left)
    for entry in stakes.leaving():
        mine = entry.validator == stakes.operator(0) and entry.created >= 90
        assert entries[entry.id] - entry.balance == (part_of(entry.initial, rate) if mine else 0)
    for number in (1, 2):
        others = [item for item in left if item[1] == number]
        lost = decode_whole(stakes.record(number).shares) - stakes.record(number).tokens
        assert lost == 0, "who stays with the other validator pays nothing"
        assert stakes.record(number).tokens == own[number] + sum(
            item[2] for item in moved if item[1] == number and item[0] != number
        ) - sum(part_of(item[2], rate) for item in others)


def test_what_was_leaving_before_the_stake_came_does_not_pay_for_it() -> None:
    stakes = Stakes()
    stakes.validator(0, 1_000_000)
    stakes.validator(1, 1_000_000)
    before = stakes.unbonding(1, 50_000, 60)
    stakes.redelegation(0, 1, 100_000, 60)
    after = stakes.unbonding(1, 2_000, 60)
    slashing.slash(stakes.ctx, stakes.record(0), 50, 1_100_000, 500, SLASH_REASON_DOUBLE_SIGN)
    assert stakes.entry(before).balance == 50_000
    assert stakes.entry(after).balance == 0
    assert stakes.record(1).tokens == 1_100_000 - 3_000


def test_a_slash_that_burns_nothing_is_not_recorded() -> None:
    stakes = Stakes()
    stakes.validator(0, 1_000)
    assert slashing.slash(stakes.ctx, stakes.record(0), 50, 1_000, 0, SLASH_REASON_DOUBLE_SIGN) == 0
    assert slashing.slash(stakes.ctx, stakes.record(0), 50, 19, 500, SLASH_REASON_DOUBLE_SIGN) == 0
    assert stakes.slashes(0) == []
    assert not [event for event in stakes.ctx.events if event.kind == "slash"]


def test_a_validator_out_of_the_set_pays_from_the_other_pool() -> None:
    stakes = Stakes()
    stakes.validator(0, 1_000, status=BOND_STATUS_UNBONDED)
    slashing.slash(stakes.ctx, stakes.record(0), 50, 1_000, 500, SLASH_REASON_COMMITTEE_SILENCE)
    stakes.check_pools()
    assert stakes.record(0).tokens == 950


def test_a_slash_is_told_with_its_parts() -> None:
    stakes = Stakes()
    stakes.validator(0, 1_000_000)
    stakes.validator(1, 1_000_000)
    stakes.unbonding(0, 100_000, 60)
    stakes.redelegation(0, 1, 100_000, 60)
    slashing.slash(stakes.ctx, stakes.record(0), 50, 1_200_000, 500, SLASH_REASON_DOUBLE_SIGN)
    (told,) = [event.attributes for event in stakes.ctx.events if event.kind == "slash"]
    assert told["reason"] == "double_sign"
    assert [told[name] for name in ("id", "burned", "from_unbonding", "from_redelegation")] == [
        "1",
        "60000",
        "5000",
        "5000",
    ]


def test_an_operator_whose_moved_stake_is_slashed_below_its_promise_is_jailed() -> None:
    """The stake of validator 1's operator came from validator 0, and pays for it."""
    stakes = Stakes()
    stakes.validator(0, 1_000_000)
    record = stakes.validator(1, 10)
    record.min_self_delegation = 100_000
    records.save(stakes.ctx, record)
    stakes.redelegation(0, 1, 100_000, 60, stakes.operator(1))
    slashing.slash(stakes.ctx, stakes.record(0), 50, 1_100_000, 500, SLASH_REASON_DOUBLE_SIGN)
    assert stakes.record(1).tokens == 95_010
    assert stakes.record(1).jailed
