"""The community pool: what no validator has a claim to. Nothing spends it yet."""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import CommunityPool
from assay.state import ledger
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys


def balance(view: Overlay) -> int:
    """Return what the pool holds, in uasy."""
    return (view.load(CommunityPool, keys.COMMUNITY_POOL) or CommunityPool()).amount


def add(ctx: Context, amount: int) -> None:
    """Count `amount` uasy that are in DISTRIBUTION already as the pool's."""
    if amount:
        ctx.view.save(keys.COMMUNITY_POOL, CommunityPool(amount=balance(ctx.view) + amount))


def fund(ctx: Context, source: bytes, amount: int) -> None:
    """Give an account's tokens to the pool.

    Raises
    ------
    InsufficientFunds
        If the account holds less.
    """
    ledger.move(ctx, source, keys.DISTRIBUTION, amount)
    add(ctx, amount)
    ctx.emit("community_pool", {"account": encode_address(source)}, amount=amount)
