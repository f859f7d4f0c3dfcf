"""Staking: how validators come and go, how accounts stand behind them with tokens, and who is in the set.

Named after the Cosmos SDK's x/staking, whose rules hold where docs/staking.md says nothing else. Stake is
counted in shares (`assay.state.rules.shares`); the tokens themselves lie in two accounts of the chain,
BONDED_POOL and NOT_BONDED_POOL (`pools`).
"""

from __future__ import annotations

from assay.state.staking.delegating import (
    check_delegate,
    delegate,
    self_stake,
    unbond_shares,
    worth,
)
from assay.state.staking.operators import check_create, check_edit, create, edit
from assay.state.staking.redelegating import check_redelegate, redelegate
from assay.state.staking.unbonding import cancel, check_cancel, check_undelegate, undelegate
from assay.state.staking.validator_set import end_block, newest_set, update_set

__all__ = [
    "cancel",
    "check_cancel",
    "check_create",
    "check_delegate",
    "check_edit",
    "check_redelegate",
    "check_undelegate",
    "create",
    "delegate",
    "edit",
    "end_block",
    "newest_set",
    "redelegate",
    "self_stake",
    "unbond_shares",
    "undelegate",
    "update_set",
    "worth",
]
