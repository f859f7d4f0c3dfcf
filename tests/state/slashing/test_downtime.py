"""Missing votes: what is counted, who is jailed for them, and who never is."""

from __future__ import annotations

import pytest
from tests.state.slashing.stakes import Stakes

from assay.proto.staking_pb2 import BOND_STATUS_UNBONDING, SLASH_REASON_DOWNTIME
from assay.state import slashing
from assay.state.context import Vote
from assay.state.slashing import downtime
from assay.state.validators import jail, records, signing


@pytest.fixture
def stakes() -> Stakes:
    """Three validators of 10 ASY; of ten votes six may be missing."""
    made = Stakes(signed_blocks_window=10, min_signed=4_000, slash_downtime=100, downtime_jail=7)
    for number in range(3):
        made.validator(number, 10_000_000)
    return made


def commit(stakes: Stakes, *absent: int) -> None:
    """A block whose last commit lacks the votes of some validators."""
    votes = [Vote(stakes.address(number), 10, number not in absent) for number in range(3)]
    slashing.begin_block(stakes.ctx, votes, ())


def commits(stakes: Stakes, pattern: str) -> None:
    """Blocks in which the votes of validator 0 are missing where the pattern has an x."""
    for mark in pattern:
        commit(stakes, *([0] if mark == "x" else []))
        stakes.ctx.height += 1


def missed(stakes: Stakes) -> tuple[int, int]:
    info = signing.load(stakes.ctx.view, stakes.address(0))
    return info.missed, int.from_bytes(info.bitmap, "little")


def test_a_vote_that_is_missing_sets_the_bit_of_its_height_and_the_next_window_clears_it(
    stakes: Stakes,
) -> None:
    commits(stakes, "..x.x")
    assert missed(stakes) == (2, 0b10100)
    commits(stakes, "x....")
    assert missed(stakes) == (3, 0b110100)
    commits(stakes, "..x...")
    assert missed(stakes) == (1, 0b100)


def test_nothing_is_written_while_everybody_signs(stakes: Stakes) -> None:
    commits(stakes, ".")
    before = dict(stakes.ctx.view.changes)
    commits(stakes, ".....")
    assert stakes.ctx.view.changes == before


def test_who_misses_more_of_a_window_than_is_allowed_is_slashed_and_jailed(stakes: Stakes) -> None:
    commits(stakes, "xxxxxx....")
    assert not stakes.record(0).jailed
    commits(stakes, "xxxxxx")
    assert not stakes.record(0).jailed, "six of ten may be missing"
    commits(stakes, "x")
    record = stakes.record(0)
    assert record.jailed
    assert record.tokens == 10_000_000 - 100_000
    (done,) = stakes.slashes(0)
    assert (done.reason, done.burned, done.fraction) == (SLASH_REASON_DOWNTIME, 100_000, 100)
    assert done.infraction_height == done.height - 2, (
        "it was to vote a height earlier, with stake of one before"
    )
    assert signing.load(stakes.ctx.view, stakes.address(0)).jailed_until == done.height + 7
    assert missed(stakes) == (0, 0)


def test_the_first_window_is_counted_in_full_before_anybody_is_jailed(stakes: Stakes) -> None:
    commits(stakes, "xxxxxxxxx")
    assert not stakes.record(0).jailed
    commits(stakes, "x")
    assert stakes.record(0).jailed


def test_a_jailed_validator_is_not_counted_on(stakes: Stakes) -> None:
    commits(stakes, "xxxxxxxxxx")
    commits(stakes, "xxxxxxxxxxxxxxxxxxxxxx")
    assert len(stakes.slashes(0)) == 1
    assert missed(stakes) == (0, 0)


def test_votes_of_who_left_the_set_meanwhile_or_is_unknown_count_for_nothing(stakes: Stakes) -> None:
    record = stakes.record(0)
    record.status = BOND_STATUS_UNBONDING
    records.save(stakes.ctx, record)
    commits(stakes, "xxx")
    slashing.begin_block(stakes.ctx, [Vote(b"?" * 20, 1, False)], ())
    assert missed(stakes) == (0, 0)
    assert not signing.load(stakes.ctx.view, b"?" * 20).start_height


def test_who_comes_back_into_the_set_begins_a_new_window(stakes: Stakes) -> None:
    commits(stakes, "xxxxx")
    record = stakes.record(0)
    record.bonded_height = stakes.ctx.height
    records.save(stakes.ctx, record)
    stakes.ctx.height += 3
    commits(stakes, "x...")
    assert missed(stakes) == (1, 1)
    assert signing.load(stakes.ctx.view, stakes.address(0)).start_height == stakes.ctx.height - 4


def test_a_window_that_is_shorter_than_it_was_begins_anew(stakes: Stakes) -> None:
    """As in a chain that continues another one with other parameters."""
    commits(stakes, ".........x")
    stakes.ctx.params.signed_blocks_window = 100
    commits(stakes, "." * 40 + "x")
    assert missed(stakes) == (2, 1 << 9 | 1 << 50)
    stakes.ctx.params.signed_blocks_window = 20
    commits(stakes, ".")
    assert missed(stakes) == (0, 0)


def test_the_last_validator_of_the_set_is_neither_jailed_nor_slashed(stakes: Stakes) -> None:
    for number in (1, 2):
        jail.jail(stakes.ctx, stakes.record(number))
    commits(stakes, "x" * 25)
    assert not stakes.record(0).jailed
    assert stakes.slashes(0) == []


def test_of_validators_that_are_all_away_one_stays(stakes: Stakes) -> None:
    for _ in range(12):
        commit(stakes, 0, 1, 2)
        stakes.ctx.height += 1
    assert [stakes.record(number).jailed for number in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("window", "min_signed", "most"), [(10, 5_000, 5), (10, 10_000, 0), (10, 0, 10), (11, 5_000, 6)]
)
def test_how_many_votes_may_be_missing(window: int, min_signed: int, most: int) -> None:
    made = Stakes(signed_blocks_window=window, min_signed=min_signed)
    assert downtime.most_missed(made.ctx.params) == most
