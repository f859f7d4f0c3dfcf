"""What delegations are owed never exceeds what was put in, and comes close."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.proto.staking_pb2 import Delegation, ValidatorRewards
from assay.state.rules.rewards import pending, per_share_of, reward_of
from assay.state.rules.shares import MAX_SHARES, encode_whole

AMOUNTS = st.integers(0, 2**63)


def delegation(shares: int, start: int) -> Delegation:
    return Delegation(shares=encode_whole(shares), reward_start=encode_whole(start))


def rewards(per_share: int) -> ValidatorRewards:
    return ValidatorRewards(per_share=encode_whole(per_share))


def test_a_delegation_is_owed_its_part_of_what_came_since_it_was_paid() -> None:
    # 10 uasy for 4 shares before, 100 uasy for 8 shares (3 of them its own) since.
    start = per_share_of(10, 4)
    now = start + per_share_of(100, 8)
    assert pending(delegation(3, start), rewards(now)) == 37  # 37.5, rounded down
    assert pending(delegation(3, now), rewards(now)) == 0
    assert pending(delegation(8, start), rewards(now)) == 100


@given(st.lists(st.integers(1, MAX_SHARES // 8), min_size=1, max_size=8), st.lists(AMOUNTS, max_size=6))
def test_together_they_are_owed_at_most_what_was_put_in(parts: list[int], amounts: list[int]) -> None:
    shares = sum(parts)
    per_share = sum(per_share_of(amount, shares) for amount in amounts)
    owed = sum(pending(delegation(part, 0), rewards(per_share)) for part in parts)
    assert owed <= sum(amounts)
    # A unit for each delegation, and one for each amount.
    lost = len(parts) + len(amounts)
    assert owed >= sum(amounts) - lost


@given(st.integers(0, MAX_SHARES), AMOUNTS, AMOUNTS)
def test_being_paid_in_between_never_gains(shares: int, one: int, other: int) -> None:
    assert reward_of(shares, one) + reward_of(shares, other) <= reward_of(shares, one + other)
