"""Which shares no vote brings into the chain, height by height."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.state.conftest import MemoryState

from assay.node.committee.delivery import LATE_BLOCKS, PATIENCE_BLOCKS, Delivery
from assay.proto import state_pb2 as pb
from assay.state import openings
from assay.state.openings import AwaitedShare
from assay.state.overlay import Overlay


def share(opening: int) -> AwaitedShare:
    return AwaitedShare(opening, pb.OPENING_KIND_COIN, 1, 0, b"", None)


class Followed:
    """A delivery in a state that has the shares in `arrived`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrived: set[int] = set()
        self.delivery, self.view = Delivery(), Overlay(MemoryState())
        monkeypatch.setattr(openings, "is_owed", lambda _, item: item.opening not in self.arrived)

    def after(self, height: int, awaited: Iterable[int]) -> None:
        self.delivery.follow(self.view, [share(number) for number in awaited], height)

    def late(self, height: int, *, has_vote: bool = True) -> list[int]:
        return [item.opening for item in self.delivery.late(height, has_vote=has_vote)]


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Followed:
    return Followed(monkeypatch)


def test_with_a_vote_patience_begins_with_the_first_vote_that_carried_a_share(followed: Followed) -> None:
    followed.after(10, [3, 1])
    followed.delivery.voted([1], 11)
    followed.delivery.voted([3, 1], 13)
    followed.after(10 + LATE_BLOCKS, [3, 1])
    assert followed.late(10 + LATE_BLOCKS) == []
    assert followed.late(11 + LATE_BLOCKS) == [1]
    assert followed.late(13 + LATE_BLOCKS) == [1, 3]


def test_without_a_vote_it_begins_when_the_question_is_first_seen(followed: Followed) -> None:
    followed.after(10, [3])
    followed.after(11, [3, 4])
    assert followed.late(9 + PATIENCE_BLOCKS, has_vote=False) == []
    assert followed.late(10 + PATIENCE_BLOCKS, has_vote=False) == [3]
    assert followed.late(11 + PATIENCE_BLOCKS, has_vote=False) == [3, 4]


def test_what_has_been_decided_without_it_is_still_owed_and_what_has_arrived_is_forgotten(
    followed: Followed,
) -> None:
    followed.after(10, [3, 4])
    followed.delivery.voted([3, 4], 11)
    followed.after(12, [])
    assert [item.opening for item in followed.delivery.owed()] == [3, 4]
    followed.arrived = {3}
    followed.after(13, [])
    assert [item.opening for item in followed.delivery.owed()] == [4]
    assert followed.late(11 + LATE_BLOCKS) == [4]
    followed.arrived = {3, 4}
    followed.after(14, [])
    assert followed.delivery.owed() == []


def test_a_vote_that_answered_a_state_not_looked_at_yet_counts(followed: Followed) -> None:
    followed.delivery.voted([7], 12)  # the state after 11 asks it; that after 10 is looked at only now
    followed.after(10, [])
    followed.after(11, [7])
    assert followed.late(12 + LATE_BLOCKS) == [7]
