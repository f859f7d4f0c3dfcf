"""What a delegation has earned, in whole numbers.

A validator's record counts what one share has earned since there was a first
one, in units of 2^-64 uasy. A delegation remembers where the count stood when it
was last paid, so what it is owed is one product, however many blocks have
passed. Every rounding is down, so delegations together are never owed more than
was put in.
"""

from __future__ import annotations

from typing import Final

from assay.proto.staking_pb2 import Delegation, ValidatorRewards
from assay.state.rules.shares import decode_whole

REWARD_BITS: Final = 64
"""A reward per share is counted in units of 2 to the minus this."""


def per_share_of(amount: int, shares: int) -> int:
    """Return by how much `amount` uasy raise the reward per share; `shares` must not be 0."""
    return (amount << REWARD_BITS) // shares


def reward_of(shares: int, per_share: int) -> int:
    """Return in uasy what so many shares have earned while the reward per share rose by `per_share`."""
    return shares * per_share >> REWARD_BITS


def pending(delegation: Delegation, rewards: ValidatorRewards) -> int:
    """Return in uasy what a delegation is owed, given its validator's rewards at the same height."""
    risen = decode_whole(rewards.per_share) - decode_whole(delegation.reward_start)
    return reward_of(decode_whole(delegation.shares), risen)
