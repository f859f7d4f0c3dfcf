"""Where staked tokens lie: BONDED_POOL for validators in the set, NOT_BONDED_POOL for all others.

What is on its way out lies in NOT_BONDED_POOL, whoever it leaves.
"""

from __future__ import annotations

from assay.proto.staking_pb2 import BondStatus, ValidatorRecord
from assay.state import ledger
from assay.state.context import Context
from assay.state.validators.records import pool_of


def change_status(ctx: Context, record: ValidatorRecord, status: BondStatus) -> None:
    """Give a validator another status and move its tokens where they then belong; the caller writes it."""
    before = pool_of(record)
    record.status = status
    shift(ctx, before, pool_of(record), record.tokens)


def shift(ctx: Context, source: bytes, target: bytes, amount: int) -> None:
    """Move staked tokens from one pool to the other, or leave them where they are."""
    if source != target:
        ledger.move(ctx, source, target, amount)
