"""What a delegation has earned, in whole numbers.

A validator's record counts what one share has earned since there was a first
one, in units of 2^-128 uasy. A delegation remembers where the count stood when it
was last paid, so what it is owed is one product, however many blocks have
passed. Every rounding is down, so delegations together are never owed more than
was put in.

This is the accounting of D. Ojha and C. Goes, "F1 Fee Distribution" (Tokenomics 2019), per share instead of
per token. A slash takes tokens and no shares, so it changes nothing here, and F1's history of slashes is not
needed.
"""

from __future__ import annotations

from typing import Final

from assay.proto.staking_pb2 import Delegation, ValidatorRewards
from assay.state.rules.shares import decode_whole

REWARD_BITS: Final = 128
"""A reward per share is counted in units of 2 to the minus this. No validator has as many shares
(`assay.state.rules.shares.MAX_SHARES`), so what this rounding loses of an amount is less than 1 uasy."""


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
