from assay.node.committee.tally import ShareTally


def test_what_ended_without_a_share_of_ours_is_missed_once() -> None:
    tally = ShareTally()
    tally.follow([1, 2, 3])
    tally.voted([1])
    tally.messaged([2])
    tally.follow([2, 3, 4])
    assert tally.missed == 0
    tally.follow([4])
    assert tally.missed == 1
    tally.follow([])
    assert (tally.in_votes, tally.in_messages, tally.missed) == (1, 1, 2)
    tally.follow([])
    assert tally.missed == 2


def test_a_share_given_ahead_of_the_state_looked_at_counts() -> None:
    tally = ShareTally()
    tally.follow([5])
    tally.voted([5, 9])  # the vote knew a newer state
    tally.follow([5])
    tally.follow([5, 9])
    tally.follow([])
    assert tally.missed == 0


def test_what_is_remembered_does_not_grow() -> None:
    tally = ShareTally()
    for first in range(0, 1000, 10):
        tally.voted(range(first, first + 10))  # decided before anybody looked
        tally.follow([first + 10])
    assert len(tally._given) <= 1
