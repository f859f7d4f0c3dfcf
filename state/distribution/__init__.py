"""Rewards: how a block's fees and new tokens are divided, and how validators and delegators come by them.

Tokens go from the fee collector to the account DISTRIBUTION once a block. Which of them belong to whom is
counted in the records of the validators' rewards and of the community pool, so that a block costs the
same however many delegators there are. docs/staking.md has the rules and where they come from.
"""

from __future__ import annotations

from assay.state.distribution.block import end_block
from assay.state.distribution.community import balance as community_pool
from assay.state.distribution.community import fund
from assay.state.distribution.rewards import (
    allocate,
    check_withdraw,
    check_withdraw_commission,
    close_rewards,
    owed,
    reward,
    rewards_of,
    settle,
    withdraw,
    withdraw_commission,
)
from assay.state.distribution.withdrawal import set_withdraw_address, withdraw_address

__all__ = [
    "allocate",
    "check_withdraw",
    "check_withdraw_commission",
    "close_rewards",
    "community_pool",
    "end_block",
    "fund",
    "owed",
    "reward",
    "rewards_of",
    "set_withdraw_address",
    "settle",
    "withdraw",
    "withdraw_address",
    "withdraw_commission",
]
